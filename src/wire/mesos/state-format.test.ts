import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Agent } from "#model/agent.ts";
import type { Framework } from "#model/framework.ts";
import { agentId, containerId, frameworkId, offerId, roleName, taskId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { noCheckpoint } from "#model/resource-checkpoint.ts";
import { resources } from "#model/resources.ts";
import type { Task, TaskStatus } from "#model/task.ts";
import type { ClusterSnapshot } from "./cluster.ts";
import { executorsMessage } from "./operator/cluster-messages.ts";
import type { Json } from "./pieces.ts";
import { formatState, formatStateSummary } from "./state-format.ts";
import { launchFromMessage } from "./translate/launches.ts";
import { mesosVersion } from "./version.ts";

/** What Mesos answered with one agent, one framework, one task and one offer; here is the same cluster. */
const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}`, import.meta.url), "utf8"));

const cluster = "513e1beb-6f0c-4a49-98a4-fe82197c306d";
const agent: Agent = {
  agentId: agentId(`${cluster}-S0`),
  key: "k",
  info: {
    name: "agent-1",
    hostname: "127.0.0.1",
    endpoint: { address: "127.0.0.1", port: 5051 },
    resources: resources({ cpus: 4, mem: 4096, disk: 10_240, ports: [[31_000, 32_000]] }),
    attributes: { rack: "r1" },
    version: "1.12.0",
    isolation: "none",
  },
  state: "active",
  registeredAtMs: 1_795_335_833_889,
  reregisteredAtMs: undefined,
  unreachableAtMs: undefined,
  checkpoint: noCheckpoint,
  deactivated: false,
  drain: undefined,
};

const framework: Framework = {
  frameworkId: frameworkId(`${cluster}-0000`),
  info: {
    name: "golden",
    user: "root",
    roles: [roleName("golden")],
    failoverTimeoutMs: 0,
    checkpoint: true,
    hostname: undefined,
    webuiUrl: undefined,
    principal: undefined,
    capabilities: ["multi-role", "reservation-refinement", "partition-aware", "gpu-resources"],
    labels: { k: "v" },
  },
  state: "active",
  registeredAtMs: 1_795_335_837_415,
  reregisteredAtMs: undefined,
  disconnectedAtMs: undefined,
  completedAtMs: undefined,
};

const status = (state: "starting" | "running", timestampMs: number): TaskStatus => ({
  taskId: taskId("t-sleep"),
  agentId: agent.agentId,
  state,
  source: "executor",
  reason: undefined,
  message: "",
  timestampMs,
  healthy: undefined,
  updateId: undefined,
  containerId: containerId("a053fb03-409d-4065-b640-50f6a3096b01"),
  address: "127.0.0.1",
  exit: undefined,
});

const task: Task = {
  spec: {
    taskId: taskId("t-sleep"),
    name: "t-sleep",
    agentId: agent.agentId,
    resources: resources({ cpus: 0.1, mem: 32 }),
    limits: {},
    command: { kind: "shell", text: "sleep 1" },
    root: { kind: "host" },
    user: undefined,
    workingDirectory: undefined,
    env: {},
    labels: {},
    ports: [],
    killGraceMs: 0,
    healthCheck: undefined,
  },
  frameworkId: framework.frameworkId,
  role: roleName("golden"),
  state: "running",
  statuses: [status("starting", 1_795_335_837_640), status("running", 1_795_335_837_651)],
  unackedUpdateId: undefined,
  launchedAtMs: 1_795_335_837_600,
};

const offer: Offer = {
  offerId: offerId(`${cluster}-O1`),
  frameworkId: framework.frameworkId,
  role: roleName("golden"),
  agentId: agent.agentId,
  agent: agent.info,
  resources: resources({ cpus: 3.9, mem: 4064, disk: 10_240, ports: [[31_000, 32_000]] }),
  madeAtMs: 0,
};

const snapshot: ClusterSnapshot = {
  masterId: cluster,
  clusterName: "test",
  version: "1.12.0",
  hostname: "127.0.0.1",
  port: 5050,
  startedAtMs: 1_795_335_832_767,
  agents: [agent],
  recovered: new Set(),
  frameworks: [framework],
  tasks: [task],
  completedTasks: [],
  executors: [],
  offers: [offer],
};

/**
 * The members that both have must be equal; times to the second. `absent` are those of the recorded answer
 * that ours does not have; what ours has beyond it (such as `cluster`, which DC/OS adds) is not looked at.
 */
function assertShows(actual: unknown, expected: unknown, absent: readonly string[], path = ""): void {
  if (absent.includes(path.replace(/\[\d+\]/g, "[]"))) return;
  if (typeof expected === "number" && path.match(/time(stamp)?$/)) {
    assert.equal(Math.trunc(actual as number), Math.trunc(expected), path);
  } else if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual) && actual.length === expected.length, `${path} has another length`);
    expected.forEach((one, index) => {
      assertShows(actual[index], one, absent, `${path}[${index}]`);
    });
  } else if (typeof expected === "object" && expected !== null) {
    assert.equal(typeof actual, "object", `${path} is missing`);
    for (const [name, value] of Object.entries(expected)) {
      assertShows(
        (actual as Record<string, unknown>)[name],
        value,
        absent,
        path === "" ? name : `${path}.${name}`,
      );
    }
  } else assert.deepEqual(actual, expected, path);
}

test("the summary of a cluster is what Mesos says of the same one", () => {
  // Attributes are texts here; an agent of ours can less; and ours is no build between two releases.
  const absent = ["slaves[].attributes.level", "slaves[].capabilities", "slaves[].version"];
  assertShows(formatStateSummary(snapshot), recorded("state-summary.json"), absent);
});

test("the state of a cluster is what Mesos says of the same one", () => {
  const build = [
    "version",
    "git_sha",
    "git_branch",
    "build_date",
    "build_time",
    "build_user",
    "log_dir",
    "capabilities",
  ];
  const absent = [
    ...build,
    "slaves[].version",
    "slaves[].attributes.level",
    "slaves[].capabilities",
    "frameworks[].offer_constraints",
  ];
  const state = formatState(snapshot);
  assertShows(state, recorded("state.json"), absent);
  assert.deepEqual([state.version, state.unum_version], [mesosVersion, snapshot.version]);
});

test("an agent that is unreachable or not back yet is counted, not listed", () => {
  const gone = { ...agent, agentId: agentId("gone"), state: "unreachable" } as const;
  const away = { ...agent, agentId: agentId("away"), state: "disconnected" } as const;
  const old = { ...agent, agentId: agentId("old"), state: "disconnected" } as const;
  const state = formatState({
    ...snapshot,
    agents: [agent, gone, away, old],
    recovered: new Set([old.agentId]),
  });
  assert.deepEqual([state.activated_slaves, state.deactivated_slaves, state.unreachable_slaves], [1, 1, 1]);
  assert.deepEqual(state.recovered_slaves, [{ id: "old", hostname: "127.0.0.1" }]);
});

test("a task's labels and ports are shown when it has some", () => {
  const ports = [{ number: 31_000, name: "http", protocol: "tcp" }];
  const labelled = { ...task, spec: { ...task.spec, labels: { a: "b" }, ports } };
  const state = formatState({ ...snapshot, tasks: [labelled] });
  const [shown] = (state.frameworks as [{ tasks: [Record<string, unknown>] }])[0].tasks;
  assert.deepEqual(shown.labels, [{ key: "a", value: "b" }]);
  assert.deepEqual(shown.discovery, { visibility: "FRAMEWORK", name: "t-sleep", ports: { ports } });
});

test("executors that frameworks brought along are shown with them, and hold resources", () => {
  const launch = launchFromMessage(
    {
      task_infos: [
        {
          name: "t",
          task_id: { value: "t" },
          agent_id: { value: agent.agentId },
          executor: {
            executor_id: { value: "e" },
            name: "runner",
            command: { value: "./run", arguments: ["a"] },
            resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 0.5 } }],
            labels: { labels: [{ key: "a", value: "b" }] },
          },
        },
      ],
    },
    { frameworkId: framework.frameworkId, user: undefined },
  ).operation;
  const [spec] = launch?.kind === "launch" ? launch.executors : [];
  assert.ok(spec !== undefined);
  const executor = {
    spec,
    frameworkId: framework.frameworkId,
    agentId: agent.agentId,
    role: task.role,
    launchedAtMs: 0,
  };
  const byExecutor = { ...task, spec: { ...task.spec, executorId: spec.executorId } };
  const cpus = (state: Json) =>
    (state.frameworks as [{ used_resources: { cpus: number } }])[0].used_resources.cpus;
  const before = formatState(snapshot);
  const after = formatState({ ...snapshot, tasks: [byExecutor], executors: [executor] });
  assert.equal(cpus(after), cpus(before) + 0.5);
  const [shown] = after.frameworks as [{ executors: unknown; tasks: [Record<string, unknown>] }];
  assert.deepEqual(shown.executors, [
    {
      executor_id: "e",
      name: "runner",
      framework_id: framework.frameworkId,
      command: { value: "./run", argv: ["a"], uris: [] },
      resources: { disk: 0, mem: 0, gpus: 0, cpus: 0.5 },
      role: task.role,
      labels: [{ key: "a", value: "b" }],
      type: "CUSTOM",
      slave_id: agent.agentId,
    },
  ]);
  assert.equal(shown.tasks[0].executor_id, "e");
  const [message] = executorsMessage({ ...snapshot, executors: [executor] }).executors ?? [];
  assert.equal(message?.executor_info.name, "runner");
  assert.equal(message?.executor_info.resources?.[0]?.allocation_info?.role, task.role);
});
