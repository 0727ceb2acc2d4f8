/**
 * Fault domains and attributes on a real cluster: `unum up` says where its agents are, and apps run where that lets
 * them.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TestCluster } from "./support/cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const cluster = new TestCluster(temporaryDirectory("unum-places-"));
before(async () =>
  cluster.start(
    ...["--agents", "3", "--region", "eu", "--region", "eu", "--region", "us"],
    ...["--zone", "a", "--zone", "b", "--zone", "c"],
    ...["--attribute", "agent-2:rack=r2", "--attribute", "kind=small"],
  ),
);
after(async () => void (await cluster.end("SIGTERM")));

const app = (id: string, more: object = {}) => ({ id, cmd: "sleep 1000", cpus: 0.05, mem: 32, ...more });

type Slave = {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly domain: { readonly fault_domain: Record<"region" | "zone", { readonly name: string }> };
};

const slaves = async (): Promise<readonly Slave[]> =>
  ((await cluster.send("GET", "/mesos/master/slaves")).json as { readonly slaves: readonly Slave[] }).slaves;

/** How many of the app's tasks run in each zone. */
async function zonesOf(id: string): Promise<Readonly<Record<string, number>>> {
  const zones = new Map(
    (await slaves()).map(({ id: slave, domain: { fault_domain: at } }) => [
      slave,
      `${at.region.name}/${at.zone.name}`,
    ]),
  );
  const counts: Record<string, number> = {};
  for (const { slaveId } of (await cluster.app(id)).tasks) {
    const zone = zones.get(slaveId) ?? "?";
    counts[zone] = (counts[zone] ?? 0) + 1;
  }
  return counts;
}

test("agents are where they were said to be, with the attributes that they were given", async () => {
  const attributes = (await slaves()).map(({ attributes: { name, rack, kind } }) => [name, rack, kind]);
  assert.deepEqual(attributes.toSorted(), [
    ["agent-1", undefined, "small"],
    ["agent-2", "r2", "small"],
    ["agent-3", undefined, "small"],
  ]);
});

test("an app stays in the master's region unless it names one, and spreads over zones as it says", async () => {
  await cluster.deploy("POST", "/v2/apps", app("/near", { instances: 6 }));
  assert.deepEqual(Object.keys(await zonesOf("/near")).toSorted(), ["eu/a", "eu/b"]);
  const spread = app("/spread", { instances: 4, constraints: [["@zone", "GROUP_BY", "2"]] });
  await cluster.deploy("POST", "/v2/apps", spread);
  assert.deepEqual(Object.values(await zonesOf("/spread")), [2, 2]);
  await cluster.deploy("POST", "/v2/apps", app("/far", { constraints: [["@region", "IS", "us"]] }));
  assert.deepEqual(await zonesOf("/far"), { "us/c": 1 });
});

test("an attribute that only one agent has pins an app there, and one that none has says so", async () => {
  const constraints = [["rack", "LIKE", "r[0-9]"]];
  await cluster.deploy("POST", "/v2/apps", app("/racked", { instances: 2, constraints }));
  assert.deepEqual(await zonesOf("/racked"), { "eu/b": 2 });
  await cluster.send("POST", "/v2/apps", app("/nowhere", { constraints: [["rack", "IS", "r9"]] }));
  const explained = async () =>
    (await cluster.send("GET", "/unum/v1/explain/app/nowhere")).json as {
      readonly refusals: string;
      readonly summary: string;
    };
  await until("it to be explained", async () => (await explained()).refusals !== "");
  assert.match((await explained()).summary, / agent-\d has room, but for this: constraint rack IS 'r9': /);
  assert.match((await explained()).refusals, /constraint rack IS 'r9'/);
});
