/**
 * Two masters with a quota, of which the one that leads is killed: before most agents are back nobody is offered anything,
 * for what a role uses on the others is not known; and then no role gets more than it may. Real programs, a real etcd.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createHttpClient } from "#shell/http/client.ts";
import { hasEtcd, TestEtcd } from "./support/etcd.ts";
import { freePorts } from "./support/free-ports.ts";
import { type OwnProgram, OwnPrograms } from "./support/own-programs.ts";
import { scalar, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until as untilWithin } from "./until.ts";

const skip = hasEtcd ? false : "etcd is not installed";
const home = temporaryDirectory("unum-masters-quota-");
const programs = new OwnPrograms(home);
const frameworks: TestFramework[] = [];
let etcd: TestEtcd;

before(async () => {
  if (hasEtcd) etcd = await TestEtcd.start();
});

after(async () => {
  if (!hasEtcd) return;
  for (const framework of frameworks) await framework.leave();
  await programs.end();
  await etcd.kill();
});

const until = <Value>(
  what: string,
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> => untilWithin(what, look, 90_000);

async function subscribed(port: number, role: string, id?: string): Promise<TestFramework> {
  const framework = new TestFramework(`http://127.0.0.1:${port}`, {
    headers: { authorization: `Bearer ${programs.token}` },
    info: { failover_timeout: 1_000, roles: [role] },
  });
  frameworks.push(framework);
  await framework.subscribe(id);
  await framework.next("SUBSCRIBED");
  return framework;
}

async function ask(port: number, path: string, body?: unknown): Promise<unknown> {
  const client = createHttpClient({ baseUrl: `http://127.0.0.1:${port}`, token: programs.token });
  try {
    const method = body === undefined ? "GET" : "POST";
    const answer = await client.request({ method, path, ...(body === undefined ? {} : { body }) });
    assert.ok(answer.status < 300, `${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  } finally {
    await client.close();
  }
}

test("after a failover nothing is given away before most agents are back, and then no more than a quota allows", {
  skip,
}, async () => {
  const flags = ["--store", etcd.url.replace("http://", "etcd://")];
  const first = await programs.startMaster(...flags);
  const [port = 0, gateway = 0] = await freePorts(2);
  const second = programs.launchMaster(port, gateway, ...flags, "--data", join(home, "second"));
  await until("the second to stand by", () => second.output().includes("waiting as a standby"));
  const agents: OwnProgram[] = [];
  for (const name of ["agent-1", "agent-2", "agent-3"]) {
    const own = await programs.describeAgent(name, [], `${programs.masterPort},127.0.0.1:${port}`);
    agents.push(await programs.startAgent(own));
    await programs.untilNode(name, "active");
  }

  // All that the role may have, on the two agents that will be late.
  const limits = { cpus: { value: 4 } };
  const update_quota = { quota_configs: [{ role: "limited", limits }] };
  await ask(programs.masterPort, "/api/v1", { type: "UPDATE_QUOTA", update_quota });
  const limited = await subscribed(programs.masterPort, "limited");
  const names = ["agent-1", "agent-2"];
  for (const name of names) {
    const id = (await programs.node(name))?.id;
    const offer = await limited.offer(({ agent_id }) => agent_id.value === id);
    const resources = [scalar("cpus", 2), scalar("mem", 64)];
    await limited.launch(offer, { task_id: { value: `on-${name}` }, resources });
    await limited.statusOf(`on-${name}`);
  }

  for (const { child } of agents.slice(0, 2)) child.kill("SIGSTOP");
  try {
    await programs.kill(first);
    await until("the second to lead", () => second.output().includes("this master leads"));
    const stateOf = async (name: string): Promise<string | undefined> => {
      const { nodes } = (await ask(gateway, "/unum/v1/nodes")) as {
        readonly nodes: readonly { readonly name: string; readonly state: string }[];
      };
      return nodes.find((node) => node.name === name)?.state;
    };
    await until("one agent to be back", async () => (await stateOf("agent-3")) === "active");
    const again = await subscribed(port, "limited", limited.frameworkId);
    const other = await subscribed(port, "other");
    for (const { frameworkId } of [again, other])
      await until("it to be said that agents are awaited", async () => {
        const text = JSON.stringify(await ask(gateway, `/unum/v1/explain/framework/${frameworkId}`));
        return text.includes("recovering");
      });
    assert.deepEqual([...again.offers, ...other.offers], []);

    for (const { child } of agents.slice(0, 2)) child.kill("SIGCONT");
    for (const name of names)
      await until(`${name} to be back`, async () => (await stateOf(name)) === "active");
    await other.offer();
    assert.deepEqual(
      again.offers.flatMap(({ resources = [] }) => resources.filter(({ name }) => name === "cpus")),
      [],
      "it has all that it may have",
    );
  } finally {
    for (const { child } of agents) child.kill("SIGCONT");
  }
});
