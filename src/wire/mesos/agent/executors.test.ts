/**
 * How an agent shows executors that frameworks brought along, beside those that command tasks have by themselves.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { agentId, containerId, frameworkId, roleName } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { agentInfo, taskSpec } from "../../../../test/support/master-fixtures.ts";
import { agentMetrics } from "../metrics-agent.ts";
import { launchFromMessage } from "../translate/launches.ts";
import type { AgentSnapshot, HeldContainer } from "./held.ts";
import { agentContainersMessage, agentExecutorsMessage, agentStateMessage } from "./messages.ts";
import { formatContainers } from "./v0-format.ts";

const framework = frameworkId("F");

const launched = launchFromMessage(
  {
    task_infos: ["a", "b", "c"].map((id) => ({
      name: id,
      task_id: { value: id },
      agent_id: { value: "S1" },
      resources: [{ name: "cpus", type: "SCALAR" as const, scalar: { value: 1 } }],
      executor: {
        executor_id: { value: "e" },
        name: "runner",
        source: "made by hand",
        command: { value: "./run" },
        resources: [{ name: "cpus", type: "SCALAR" as const, scalar: { value: 0.5 } }],
      },
    })),
  },
  { frameworkId: framework, user: undefined },
).operation;
assert.ok(launched?.kind === "launch");
const [executor] = launched.executors;
assert.ok(executor !== undefined);

const held = (spec: TaskSpec, phase: HeldContainer["phase"], container: string): HeldContainer => ({
  task: {
    spec,
    frameworkId: framework,
    role: roleName("web"),
    state: "running",
    statuses: [],
    unackedUpdateId: undefined,
    launchedAtMs: 0,
  },
  containerId: containerId(container),
  pid: undefined,
  phase,
});

const phases = ["launched", "queued", "terminated"] as const;
const tasks = launched.tasks.map((spec, index) => held(spec, phases[index] ?? "queued", "c-e"));
const info = agentInfo("agent-1");
const own = held(
  { ...taskSpec("own", agentId("S1")), resources: resources({ cpus: 2 }) },
  "launched",
  "c-own",
);

const snapshot: AgentSnapshot = {
  agentId: "S1",
  info,
  disk: { sandboxCount: 0, removedCount: 0, usedShare: 0, allowedAgeMs: 0 },
  isRegistered: true,
  startedAtMs: 0,
  nowMs: 5_000,
  containers: [own, ...tasks],
  ended: [],
  executors: [
    {
      spec: executor,
      frameworkId: framework,
      framework: {
        name: "spark",
        user: "u",
        roles: [roleName("web")],
        failoverTimeoutMs: 0,
        checkpoint: true,
        hostname: undefined,
        webuiUrl: undefined,
        principal: undefined,
        capabilities: ["multi-role"],
        labels: {},
      },
      role: roleName("web"),
      containerId: "c-e",
      pid: 7,
      phase: "launched",
      tasks,
    },
  ],
};

test("a task that brought an executor has none of its own", () => {
  const shown = agentExecutorsMessage(snapshot).executors?.map(({ executor_info: each }) => [
    each?.executor_id.value,
    each?.name,
    each?.source,
    each?.framework_id?.value,
    each?.resources?.map(({ scalar, allocation_info }) => [scalar?.value, allocation_info?.role]),
  ]);
  assert.deepEqual(shown, [
    ["own", "Command Executor (Task: own) (Command: sh -c 'sleep 1')", "own", "F", [[2, "web"]]],
    ["e", "runner", "made by hand", "F", [[0.5, "web"]]],
  ]);
});

test("an executor's container may use what it has and what its tasks have that did not end", () => {
  const containers = agentContainersMessage(snapshot)?.containers ?? [];
  assert.deepEqual(
    containers.map((each) => [
      each.executor_id?.value,
      each.container_id?.value,
      each.container_status?.executor_pid,
      each.resource_statistics?.cpus_soft_limit,
    ]),
    [
      ["own", "c-own", undefined, 2],
      ["e", "c-e", 7, 2.5],
    ],
  );
  assert.deepEqual(
    formatContainers(snapshot).map(({ container_id, executor_id }) => [container_id, executor_id]),
    [
      ["c-own", "own"],
      ["c-e", "e"],
    ],
  );
});

test("a command beside a task is told of with what it uses, if it has control groups of its own", () => {
  const group = { resources: resources({ cpus: 0.5 }), limits: { mem: resources({ mem: 32 }).mem } };
  const pressure = { cpu: { someSeconds: 2, fullSeconds: 1 } };
  const usage = { timestampMs: 1, cpuUserSeconds: 3, memoryBytes: 4_096, pressure };
  const sessions = [
    { container: "c-e", name: "a.b" },
    { container: "c-e", name: "own", own: { group, usage } },
  ];
  const containers = agentContainersMessage(snapshot, true, sessions)?.containers ?? [];
  const [shared, own] = containers.slice(-2);
  assert.deepEqual(shared?.container_id, { value: "b", parent: { value: "a", parent: { value: "c-e" } } });
  assert.equal(shared?.resource_statistics, undefined);
  const found = own?.resource_statistics;
  assert.deepEqual(
    [found?.cpus_soft_limit, found?.cpus_user_time_secs, found?.mem_total_bytes, found?.mem_limit_bytes],
    [0.5, 3, 4_096n, 33_554_432n],
  );
  assert.deepEqual([found?.pressure_cpu_some_secs, found?.pressure_cpu_full_secs], [2, 1]);
});

test("tasks say who runs them, and frameworks are told as far as they are known", () => {
  const state = agentStateMessage(snapshot);
  const ids = (list: typeof state.get_tasks) => ({
    queued: list?.queued_tasks?.map((each) => [each.task_id.value, each.executor_id?.value]),
    terminated: list?.terminated_tasks?.map((each) => [each.task_id.value, each.executor_id?.value]),
  });
  assert.deepEqual(ids(state.get_tasks), { queued: [["b", "e"]], terminated: [["c", "e"]] });
  const [known] = state.get_frameworks?.frameworks ?? [];
  assert.equal(known?.framework_info?.name, "spark");
});

test("an executor counts once, however many tasks it has, and so do its resources", () => {
  const metrics = new Map(agentMetrics(snapshot, undefined));
  assert.equal(metrics.get("slave/executors_running"), 2);
  assert.equal(metrics.get("slave/executors_registering"), 0);
  assert.equal(metrics.get("slave/cpus_used"), 2 + 0.5 + 1 + 1);
});

test("what has ended is shown as long as its files are there, and so is a framework of which nothing else is", () => {
  const { get_tasks, get_executors, get_frameworks } = agentStateMessage({
    ...snapshot,
    containers: [],
    executors: [],
    ended: [
      { executorId: "own", frameworkId: framework, task: { ...own.task, state: "finished" } },
      { executorId: "e", frameworkId: framework },
    ],
  });
  assert.deepEqual(
    get_tasks?.completed_tasks?.map(({ task_id, state }) => [task_id.value, state]),
    [["own", "TASK_FINISHED"]],
  );
  assert.deepEqual(
    get_executors?.completed_executors?.map(({ executor_info: each }) => [
      each.executor_id.value,
      each.name?.startsWith("Command Executor (Task: own)"),
    ]),
    [
      ["own", true],
      ["e", undefined],
    ],
  );
  assert.deepEqual([get_executors?.executors, get_frameworks?.frameworks], [[], []]);
  assert.deepEqual(
    get_frameworks?.completed_frameworks?.map(({ framework_info: each }) => each.id?.value),
    [framework],
  );
  const { get_frameworks: beside } = agentStateMessage({
    ...snapshot,
    ended: [{ executorId: "e", frameworkId: framework }],
  });
  assert.deepEqual(beside?.completed_frameworks, []);
});
