/**
 * Masters that share an etcd: one leads, and what it decided is there when another takes its place. Real programs, a real
 * etcd, a real agent with a task.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createHttpClient } from "#shell/http/client.ts";
import { createEtcdClient } from "#shell/store/etcd/etcd-client.ts";
import { hasEtcd, TestEtcd } from "./support/etcd.ts";
import { freePorts } from "./support/free-ports.ts";
import { OwnPrograms } from "./support/own-programs.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const skip = hasEtcd ? false : "etcd is not installed";
const home = temporaryDirectory("unum-etcd-masters-");
const programs = new OwnPrograms(home);
let etcd: TestEtcd;

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(async () => {
    await programs.end();
    await etcd.kill();
  });
}

const storeOf = (path = ""): string => `${etcd.url.replace("http://", "etcd://")}${path}`;
const app = { id: "/steady", cmd: "sleep 1000", cpus: 0.1, mem: 32, instances: 1, portDefinitions: [] };

const taskIds = async (): Promise<readonly string[]> => {
  const { json } = await programs.send("GET", "/v2/tasks");
  const { tasks } = json as { tasks: readonly { id: string; state: string }[] };
  return tasks.filter(({ state }) => state === "TASK_RUNNING").map(({ id }) => id);
};

test("a master that takes another's place knows its apps, and its tasks go on", { skip }, async () => {
  const first = await programs.startMaster("--store", storeOf(), "--data", join(home, "first"));
  await programs.startAgent(await programs.describeAgent("a"));
  await programs.untilNode("a", "active");
  assert.equal((await programs.send("POST", "/v2/apps", app)).status, 201);
  await until("the app to run", async () => (await taskIds()).length === 1);
  const before = await taskIds();
  await programs.kill(first);
  // On another disk, with nothing but etcd in common.
  await programs.startMaster("--store", storeOf(), "--data", join(home, "second"));
  await programs.untilNode("a", "active");
  await until("the task to be known as running", async () => (await taskIds()).length === 1);
  assert.deepEqual(await taskIds(), before);
});

test("a standby sends clients to the leader, and takes over with agents and tasks when it is gone", {
  skip,
}, async () => {
  const cluster = new OwnPrograms(join(home, "pair"));
  try {
    const leader = await cluster.startMaster("--store", storeOf("/pair"));
    const [port = 0, gateway = 0] = await freePorts(2);
    const standby = cluster.launchMaster(
      port,
      gateway,
      "--store",
      storeOf("/pair"),
      "--data",
      join(home, "pair-2"),
    );
    await until("the standby to stand by", () => standby.output().includes("waiting as a standby"));
    const client = createHttpClient({ baseUrl: `http://127.0.0.1:${gateway}`, token: cluster.token });
    const ask = (path: string) => client.request({ method: "GET", path });
    assert.equal((await client.request({ method: "POST", path: "/v2/apps", body: app })).status, 201);
    assert.deepEqual(
      (await ask("/v2/apps/steady")).json,
      (await cluster.send("GET", "/v2/apps/steady")).json,
    );
    const events = await ask("/v2/events?event_type=x");
    assert.deepEqual(
      [events.status, events.headers.location],
      [307, `${cluster.gatewayUrl}/v2/events?event_type=x`],
    );
    const anonymous = createHttpClient({ baseUrl: `http://127.0.0.1:${gateway}` });
    assert.equal((await anonymous.request({ method: "GET", path: "/v2/apps" })).status, 401);
    const api = createHttpClient({ baseUrl: `http://127.0.0.1:${port}` });
    const state = await api.request({ method: "GET", path: "/master/state" });
    assert.deepEqual(
      [state.status, state.headers.location],
      [307, `http://127.0.0.1:${cluster.masterPort}/master/state`],
    );
    for (const each of [anonymous, api]) await each.close();

    const agent = await cluster.describeAgent("b", [], `${cluster.masterPort},127.0.0.1:${port}`);
    await cluster.startAgent(agent);
    const running = async (): Promise<readonly string[]> => {
      const { status, json } = await ask("/v2/tasks");
      if (status !== 200) return [];
      const { tasks } = json as { tasks: readonly { id: string; state: string }[] };
      return tasks.filter((task) => task.state === "TASK_RUNNING").map(({ id }) => id);
    };
    await until("the app to run", async () => (await running()).length === 1);
    const before = await running();
    await cluster.kill(leader);
    await until("the standby to lead", () => standby.output().includes("this master leads"));
    const isBack = async (): Promise<boolean> => {
      const { json } = await ask("/unum/v1/nodes");
      const { nodes } = json as { nodes?: readonly { state: string }[] };
      return nodes?.[0]?.state === "active";
    };
    await until("the agent to be there", () => isBack().catch(() => false));
    await until("the task to be known", async () => (await running()).length === 1);
    assert.deepEqual(await running(), before);
    await client.close();
  } finally {
    await cluster.end();
  }
});

test("a leader that is asked to steps down at once, and a standby leads", { skip }, async () => {
  const cluster = new OwnPrograms(join(home, "hand-over"));
  try {
    const leader = await cluster.startMaster("--store", storeOf("/hand-over"), "--leader-lease", "60");
    const [port = 0, gateway = 0] = await freePorts(2);
    const flags = ["--store", storeOf("/hand-over"), "--data", join(home, "hand-over-2")];
    const standby = cluster.launchMaster(port, gateway, ...flags);
    await until("the standby to stand by", () => standby.output().includes("waiting as a standby"));
    const answer = await cluster.send("DELETE", "/v2/leader");
    assert.deepEqual([answer.status, answer.json], [200, { message: "Leadership abdicated" }]);
    assert.equal(await leader.exit, 0, leader.output());
    // Long before the lease would have run out.
    await until("the standby to lead", () => standby.output().includes("this master leads"));
  } finally {
    await cluster.end();
  }
});

test("a master whose leadership is taken away ends, and says why", { skip }, async () => {
  const elsewhere = new OwnPrograms(join(home, "elsewhere"));
  try {
    const leader = await elsewhere.startMaster("--store", storeOf("/other"));
    const client = createEtcdClient({
      endpoints: [etcd.url],
    });
    const { leases } = (await client.call("lease/leases", {})) as { leases: readonly { ID: string }[] };
    for (const { ID } of leases) {
      const { keys } = (await client.call("lease/timetolive", { ID, keys: true })) as {
        keys?: readonly string[];
      };
      const names = (keys ?? []).map((key) => Buffer.from(key, "base64").toString());
      if (names.includes("/other/leader")) await client.call("lease/revoke", { ID });
    }
    await client.close();
    assert.equal(await leader.exit, 1);
    assert.match(leader.output(), /ending: (this master leads no longer|.*another master leads)/);
  } finally {
    await elsewhere.end();
  }
});
