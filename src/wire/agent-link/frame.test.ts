import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import {
  agentId,
  containerId,
  executorId,
  frameworkId,
  masterId,
  roleName,
  taskId,
  updateId,
} from "#model/ids.ts";
import { type AgentMessage, agentLinkVersion, type MasterMessage } from "#model/protocol/agent-link.ts";
import { noCheckpoint } from "#model/resource-checkpoint.ts";
import { resources } from "#model/resources.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import { decodeAgentFrame, decodeMasterFrame, encodeFrame } from "./frame.ts";

const spec: TaskSpec = {
  taskId: taskId("web.1"),
  name: "web",
  agentId: agentId("a-1"),
  resources: resources({ cpus: 0.1, mem: 32, ports: [[31000, 31001]] }),
  limits: { cpus: "unlimited", mem: resources({ mem: 64 }).mem },
  command: { kind: "argv", argv: ["sleep", "9"] },
  root: { kind: "file", path: "/images/web.tar" },
  user: undefined,
  workingDirectory: "/srv",
  env: { A: "1", é: "ü" },
  artifacts: [{ uri: "/x/y", extract: false, executable: true, cache: false }],
  labels: {},
  ports: [{ number: 31000, name: undefined, protocol: "tcp" }],
  killGraceMs: 3_000,
  healthCheck: {
    command: { kind: "shell", text: "true" },
    delayMs: 0,
    intervalMs: 1_000,
    timeoutMs: 1_000,
    gracePeriodMs: 0,
    maxConsecutiveFailures: 3,
  },
};

const executor: ExecutorSpec = {
  executorId: executorId("e"),
  kind: "custom",
  name: "",
  resources: resources({ cpus: 0.1 }),
  labels: [{ key: "a", value: undefined }],
  command: { kind: "shell", text: "./run" },
  root: { kind: "host" },
  user: "nobody",
  env: { A: "1" },
  artifacts: [{ uri: "http://x/y", extract: true, executable: false, cache: true, outputFile: "z" }],
  shutdownGraceMs: 5_000,
  handed: "CgA=",
};

const byExecutor: TaskSpec = {
  ...spec,
  command: undefined,
  healthCheck: undefined,
  ports: [
    { number: 1, name: "a", protocol: "tcp", visibility: "cluster", labels: [{ key: "k", value: "v" }] },
  ],
  executorId: executorId("e"),
  groupId: taskId("web.0"),
  handed: "CgA=",
  discovery: {
    visibility: "external",
    name: "web",
    environment: "prod",
    location: "eu",
    version: "1",
    labels: [{ key: "k", value: undefined }],
  },
  maxDurationMs: 1,
};

const framework: FrameworkInfo = {
  name: "n",
  user: "u",
  roles: [roleName("a"), roleName("b")],
  failoverTimeoutMs: 1.5,
  checkpoint: true,
  hostname: "h",
  webuiUrl: undefined,
  principal: "p",
  capabilities: ["multi-role", "partition-aware"],
  labels: { a: "b" },
  offerConstraints: {
    a: [
      [
        { selector: { kind: "attribute", name: "x" }, predicate: { kind: "text-matches", pattern: "y" } },
        { selector: { kind: "zone" }, predicate: { kind: "not-exists" } },
      ],
    ],
  },
  minAllocatable: { a: [{ cpus: resources({ cpus: 1 }).cpus }, {}] },
};

const ids = { frameworkId: frameworkId("f"), executorId: executorId("e") };
const toExecutor = { type: "executor-message", ...ids, data: "aGk=" } as const;

const status: TaskStatus = {
  taskId: taskId("web.1"),
  agentId: agentId("a-1"),
  state: "failed",
  source: "executor",
  reason: "container-limitation-memory",
  message: "out of memory",
  timestampMs: 1,
  healthy: false,
  updateId: updateId("u-1"),
  containerId: containerId("c-1"),
  address: "127.0.0.11",
  exit: { kind: "signal", signal: 9 },
};

const agentMessages: readonly AgentMessage[] = [
  {
    type: "register",
    version: agentLinkVersion,
    key: "k",
    agentId: undefined,
    info: {
      name: "agent-1",
      hostname: "127.0.0.11",
      endpoint: { address: "127.0.0.11", port: 5051 },
      resources: resources({ cpus: 1, mem: 100, ports: [[31000, 31999]] }),
      attributes: { rack: "1" },
      version: "0.1.0",
      isolation: "plain processes",
    },
    checkpoint: noCheckpoint,
    tasks: [
      {
        spec,
        frameworkId: frameworkId("f"),
        role: roleName("*"),
        state: "failed",
        launchedAtMs: 5,
        latest: { ...status, updateId: undefined },
      },
    ],
    executors: [{ spec: executor, frameworkId: frameworkId("f"), role: roleName("*"), launchedAtMs: 5 }],
  },
  {
    type: "report",
    seen: 0,
    checkpointVersion: 0,
    tasks: [{ frameworkId: frameworkId("f"), taskId: taskId("web.1"), state: "staging" }],
    executors: [ids],
  },
  { type: "update", frameworkId: frameworkId("f"), status, latestState: "failed" },
  {
    type: "update",
    frameworkId: frameworkId("f"),
    status: {
      ...status,
      data: "aGk=",
      labels: [{ key: "a", value: undefined }],
      checkStatus: "CAM=",
      executorId: executorId("e"),
    },
    latestState: "failed",
  },
  { type: "executor-ended", ...ids, end: { exit: { kind: "code", code: 1 }, message: "it ended" } },
  { type: "executor-ended", ...ids, end: { exit: undefined, message: "it never ran" } },
  toExecutor,
];

const masterMessages: readonly MasterMessage[] = [
  { type: "registered", agentId: agentId("a-1"), masterId: masterId("m-1") },
  { type: "refused", reason: "gone" },
  { type: "incompatible", version: 4, reason: "another version" },
  { type: "ping" },
  { type: "run", frameworkId: frameworkId("f"), role: roleName("*"), tasks: [spec], executor: undefined },
  {
    type: "run",
    frameworkId: frameworkId("f"),
    role: roleName("*"),
    tasks: [byExecutor, byExecutor],
    executor: { spec: executor, role: roleName("*"), framework },
  },
  { type: "kill", frameworkId: frameworkId("f"), taskId: taskId("web.1"), graceMs: undefined },
  {
    type: "acknowledge",
    frameworkId: frameworkId("f"),
    taskId: taskId("web.1"),
    updateId: updateId("u-1"),
  },
  { type: "shutdown-executor", ...ids },
  toExecutor,
];

/** As it looks after a journey: absent instead of undefined. */
const travelled = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("every message arrives as it was sent", () => {
  for (const [index, message] of agentMessages.entries()) {
    const decoded = decodeAgentFrame(encodeFrame({ number: index + 1, message }));
    assert.deepEqual(decoded, { ok: true, frame: { number: index + 1, message: travelled(message) } });
  }
  for (const message of masterMessages) {
    const decoded = decodeMasterFrame(encodeFrame({ number: 1, message }));
    assert.deepEqual(decoded, { ok: true, frame: { number: 1, message: travelled(message) } });
  }
});

test("what an agent says is no word of a master, and the other way round, but for what executors say", () => {
  for (const message of agentMessages)
    assert.equal(decodeMasterFrame(encodeFrame({ number: 1, message })).ok, message === toExecutor);
  for (const message of masterMessages)
    assert.equal(decodeAgentFrame(encodeFrame({ number: 1, message })).ok, message === toExecutor);
});

test("a frame with a wrong member is refused, and the reason names it", () => {
  const [, report] = agentMessages;
  const wrong = [
    ["{", /not a frame/],
    ["[]", /not a frame/],
    ["null", /not a frame/],
    [JSON.stringify({ number: 0, message: report }), /positive integer/],
    [JSON.stringify({ number: 1.5, message: report }), /positive integer/],
    [JSON.stringify({ number: "1", message: report }), /positive integer/],
    [
      JSON.stringify({
        number: 1,
        message: { type: "report", seen: 1, tasks: [{ taskId: 7, state: "running" }] },
      }),
      /\/tasks\/0\/taskId/,
    ],
    [
      JSON.stringify({
        number: 1,
        message: { type: "report", seen: 1, tasks: [{ taskId: "x", state: "dancing" }] },
      }),
      /\/tasks\/0\/state/,
    ],
    [
      JSON.stringify({
        number: 1,
        message: { type: "executor-ended", ...ids, end: { message: "", exit: { kind: "code", code: "1" } } },
      }),
      /\/end\/exit/,
    ],
    [JSON.stringify({ number: 1, message: { ...toExecutor, data: 7 } }), /not a message/],
  ] as const;
  for (const [text, reason] of wrong) {
    const decoded = decodeAgentFrame(text);
    assert.ok(!decoded.ok, text);
    assert.match(decoded.reason, reason);
  }
});

test("an agent of another version is understood, whatever its tasks look like there", () => {
  const info = { name: "agent-1", hostname: "host", version: "9.1", resources: "all of them" };
  const message = { type: "register", version: 99, key: "k", info, tasks: [{ what: "is this" }], more: {} };
  const decoded = decodeAgentFrame(JSON.stringify({ number: 1, message }));
  assert.deepEqual(decoded, {
    ok: true,
    frame: {
      number: 1,
      message: {
        type: "register-otherwise",
        version: 99,
        key: "k",
        name: "agent-1",
        hostname: "host",
        release: "9.1",
      },
    },
  });
  for (const odd of [
    { ...message, key: 1 },
    { ...message, version: 1.5 },
    { ...message, type: "x" },
  ])
    assert.equal(decodeAgentFrame(JSON.stringify({ number: 1, message: odd })).ok, false);
  const bare = { type: "register", version: 2, key: "k" };
  assert.equal(decodeAgentFrame(JSON.stringify({ number: 1, message: bare })).ok, true);
});

test("no text and no changed member makes the decoder throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      assert.equal(typeof decodeAgentFrame(text).ok, "boolean");
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...agentMessages),
      fc.jsonValue(),
      fc.nat(),
      (message, replacement, position) => {
        const value = travelled({ number: 1, message });
        replaceMember(value, replacement, position);
        assert.equal(typeof decodeAgentFrame(JSON.stringify(value)).ok, "boolean");
      },
    ),
    { numRuns: 500 },
  );
});

function replaceMember(value: unknown, replacement: unknown, position: number): void {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(value);
  const place = places[position % places.length];
  if (place !== undefined) place[0][place[1]] = replacement;
}
