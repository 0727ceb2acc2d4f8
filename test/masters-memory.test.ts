/**
 * Three masters, of which the one that leads is killed: what frameworks and operators may ask of the next is answered
 * exactly, of tasks, operations and frameworks, also of those that no agent can name. Real programs, a real etcd.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createHttpClient } from "#shell/http/client.ts";
import { hasEtcd, TestEtcd } from "./support/etcd.ts";
import { freePorts } from "./support/free-ports.ts";
import { type OwnAgent, type OwnProgram, OwnPrograms } from "./support/own-programs.ts";
import { type CallMessage, scalar, small, TestFramework } from "./support/scheduler-framework.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until as untilWithin } from "./until.ts";

const skip = hasEtcd ? false : "etcd is not installed";
const home = temporaryDirectory("unum-masters-memory-");
const programs = new OwnPrograms(home);
const frameworks: TestFramework[] = [];
let etcd: TestEtcd;

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(async () => {
    for (const framework of frameworks) await framework.leave();
    await programs.end();
    await etcd.kill();
  });
}

/** Longer than on a quiet machine by far. */
const until = <Value>(
  what: string,
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> => untilWithin(what, look, 90_000);

type Place = { readonly program: OwnProgram; readonly port: number };

async function startMasters(): Promise<readonly Place[]> {
  const flags = ["--store", etcd.url.replace("http://", "etcd://")];
  flags.push("--agent-ping-timeout", "1", "--max-agent-ping-timeouts", "2");
  const first = await programs.startMaster(...flags);
  const places: Place[] = [{ program: first, port: programs.masterPort }];
  for (const name of ["second", "third"]) {
    const [port = 0, gateway = 0] = await freePorts(2);
    const program = programs.launchMaster(port, gateway, ...flags, "--data", join(home, name));
    await until(`the ${name} to stand by`, () => program.output().includes("waiting as a standby"));
    places.push({ program, port });
  }
  return places;
}

const urlOf = ({ port }: Place): string => `http://127.0.0.1:${port}`;

async function subscribed(place: Place, id?: string): Promise<TestFramework> {
  const framework = new TestFramework(urlOf(place), {
    headers: { authorization: `Bearer ${programs.token}` },
    info: { failover_timeout: 1_000 },
  });
  frameworks.push(framework);
  await framework.subscribe(id);
  await framework.next("SUBSCRIBED");
  return framework;
}

/** Resolves when the task is in the state, with all that is said of it on the way acknowledged. */
async function inState(framework: TestFramework, taskId: string, state: string): Promise<void> {
  for (;;) {
    const status = await framework.statusOf(taskId);
    if (status.uuid !== undefined) await framework.acknowledge(status);
    if (status.state === state) return;
  }
}

async function ask(place: Place, call: unknown): Promise<Record<string, unknown>> {
  const client = createHttpClient({ baseUrl: urlOf(place), token: programs.token });
  try {
    const answer = await client.request({ method: "POST", path: "/api/v1", body: call });
    assert.equal(answer.status, 200, answer.text);
    return (answer.json ?? {}) as Record<string, unknown>;
  } finally {
    await client.close();
  }
}

type Nodes = readonly { readonly name: string; readonly id: string; readonly state: string }[];

async function nodesAt(place: Place): Promise<Nodes> {
  const { get_agents } = await ask(place, { type: "GET_AGENTS" });
  const { agents = [], recovered_agents = [] } = get_agents as {
    readonly agents?: readonly { agent_info: { id: { value: string }; hostname: string }; active: boolean }[];
    readonly recovered_agents?: readonly { id: { value: string } }[];
  };
  return [
    ...agents.map(({ agent_info, active }) => ({
      name: agent_info.hostname,
      id: agent_info.id.value,
      state: active ? "active" : "away",
    })),
    ...recovered_agents.map(({ id }) => ({ name: "", id: id.value, state: "recovered" })),
  ];
}

const reserve = {
  type: "RESERVE",
  id: { value: "reserve-1" },
  reserve: {
    resources: [
      {
        ...scalar("cpus", 0.1),
        allocation_info: { role: "test" },
        reservations: [{ type: "DYNAMIC", role: "test" }],
      },
    ],
  },
} as const;

/** One question each, so that every answer is known by its task. */
async function reconciled(
  framework: TestFramework,
  questions: readonly (readonly [task: string, agentId: string | undefined])[],
): Promise<readonly string[]> {
  const states: string[] = [];
  for (const [task, agentId] of questions) {
    const agent = agentId === undefined ? {} : { agent_id: { value: agentId } };
    await framework.call({
      type: "RECONCILE",
      reconcile: { tasks: [{ task_id: { value: task }, ...agent }] },
    });
    const event = await framework.next(
      "UPDATE",
      ({ update }) =>
        update?.status.task_id.value === task && update.status.reason === "REASON_RECONCILIATION",
    );
    states.push(`${task} ${event.update?.status.state}`);
  }
  return states;
}

test("after a failover nothing is forgotten: tasks, operations and frameworks", { skip }, async () => {
  const masters = await startMasters();
  const [leader] = masters;
  assert.ok(leader !== undefined);
  const ports = masters
    .map(({ port }) => `127.0.0.1:${port}`)
    .join(",")
    .slice("127.0.0.1:".length);
  const agents = new Map<
    string,
    { readonly program: OwnProgram; readonly id: string; readonly own: OwnAgent }
  >();
  for (const name of ["stays", "away", "gone"]) {
    const own = await programs.describeAgent(name, [], ports);
    const program = await programs.startAgent(own);
    await programs.untilNode(name, "active");
    agents.set(name, { own, program, id: (await programs.node(name))?.id ?? "" });
  }
  const idOf = (name: string): string => agents.get(name)?.id ?? "";
  const framework = await subscribed(leader);
  const launch = async (taskId: string, agent: string, command: string): Promise<void> => {
    const offer = await framework.offer(({ agent_id }) => agent_id.value === idOf(agent));
    const task = { task_id: { value: taskId }, resources: small, command: { value: command } };
    await framework.launch(offer, task);
  };
  await launch("running", "stays", "sleep 1000");
  await launch("ended", "stays", "true");
  await launch("cut-off", "away", "sleep 1000");
  await launch("lost", "gone", "sleep 1000");
  await inState(framework, "ended", "TASK_FINISHED");
  for (const task of ["running", "cut-off", "lost"]) await inState(framework, task, "TASK_RUNNING");
  const offer = await framework.offer(({ agent_id }) => agent_id.value === idOf("stays"));
  const accept = { offer_ids: [offer.id], operations: [reserve], filters: { refuse_seconds: 1_000 } };
  await framework.call({ type: "ACCEPT", accept } as unknown as CallMessage);
  const done = await framework.next("UPDATE_OPERATION_STATUS");
  assert.equal(done.update_operation_status?.status.state, "OPERATION_FINISHED");
  const away = agents.get("away");
  assert.ok(away !== undefined);
  await programs.kill(away.program);
  await inState(framework, "cut-off", "TASK_UNREACHABLE");
  await ask(leader, { type: "MARK_AGENT_GONE", mark_agent_gone: { agent_id: { value: idOf("gone") } } });
  await inState(framework, "lost", "TASK_GONE_BY_OPERATOR");
  const over = await subscribed(leader);
  await over.call({ type: "TEARDOWN" });
  await until("the agent to be another", async () => {
    const nodes = await nodesAt(leader);
    return nodes.filter(({ state }) => state === "active").length === 2;
  });

  await programs.kill(leader.program);
  const next = await until("another to lead", () =>
    masters.find(
      ({ program }) => program !== leader.program && program.output().includes("this master leads"),
    ),
  );
  await until("the agents to be back", async () => {
    const nodes = await nodesAt(next).catch((): Nodes => []);
    return nodes.length >= 2 && nodes.every(({ state }) => state === "active");
  });
  const back = await subscribed(next, framework.frameworkId);
  assert.deepEqual(
    await reconciled(back, [
      ["running", idOf("stays")],
      ["running", undefined],
      ["ended", undefined],
      ["cut-off", undefined],
      ["cut-off", idOf("away")],
      ["lost", undefined],
      ["never", idOf("stays")],
      ["never", idOf("away")],
      ["never", idOf("gone")],
      ["never", "nobody"],
      ["never", undefined],
    ]),
    [
      "running TASK_RUNNING",
      "running TASK_RUNNING",
      "ended TASK_FINISHED",
      "cut-off TASK_UNREACHABLE",
      "cut-off TASK_UNREACHABLE",
      "lost TASK_GONE_BY_OPERATOR",
      "never TASK_GONE",
      "never TASK_UNREACHABLE",
      "never TASK_GONE_BY_OPERATOR",
      "never TASK_UNKNOWN",
      "never TASK_UNKNOWN",
    ],
  );
  const heard = back.events.length;
  await back.call({ type: "RECONCILE", reconcile: { tasks: [] } });
  const implicit = await until("all that goes on", () => {
    const updates = back.events.slice(heard).flatMap(({ update }) => update?.status ?? []);
    return updates.length >= 2 ? updates : undefined;
  });
  assert.deepEqual(implicit.map(({ task_id, state }) => `${task_id.value} ${state}`).sort(), [
    "cut-off TASK_UNREACHABLE",
    "running TASK_RUNNING",
  ]);
  await operationsAre(back, [
    ["reserve-1", idOf("stays"), "OPERATION_FINISHED"],
    ["never", idOf("away"), "OPERATION_UNREACHABLE"],
    ["never", idOf("gone"), "OPERATION_GONE_BY_OPERATOR"],
    ["never", "nobody", "OPERATION_UNKNOWN"],
  ]);
  await listsAre(next, framework.frameworkId, over.frameworkId);
});

async function operationsAre(
  framework: TestFramework,
  expected: readonly (readonly [operation: string, agentId: string, state: string])[],
): Promise<void> {
  for (const [operation, agentId, state] of expected) {
    const from = framework.events.length;
    const operations = [{ operation_id: { value: operation }, agent_id: { value: agentId } }];
    await framework.call({ type: "RECONCILE_OPERATIONS", reconcile_operations: { operations } });
    const found = await until(`what became of ${operation}`, () =>
      framework.events
        .slice(from)
        .flatMap(({ update_operation_status: update }) => update?.status ?? [])
        .find(({ operation_id }) => operation_id?.value === operation),
    );
    assert.equal(found.state, state, operation);
  }
}

/** What operators are shown. */
async function listsAre(place: Place, frameworkId: string, overId: string): Promise<void> {
  type Task = { readonly task_id: { readonly value: string } };
  const { get_tasks } = await ask(place, { type: "GET_TASKS" });
  const lists = get_tasks as { readonly [name: string]: readonly Task[] };
  const named = (name: string): string[] => (lists[name] ?? []).map(({ task_id }) => task_id.value).sort();
  assert.deepEqual(named("tasks"), ["running"]);
  assert.deepEqual(named("unreachable_tasks"), ["cut-off"]);
  assert.deepEqual(named("completed_tasks"), ["ended", "lost"]);
  type Framework = { readonly framework_info: { readonly id: { readonly value: string } } };
  const { get_frameworks } = await ask(place, { type: "GET_FRAMEWORKS" });
  const all = get_frameworks as { readonly [name: string]: readonly Framework[] };
  const ids = (name: string): string[] =>
    (all[name] ?? []).map(({ framework_info }) => framework_info.id.value);
  assert.deepEqual(ids("completed_frameworks"), [overId]);
  assert.ok(ids("frameworks").includes(frameworkId));
}
