import assert from "node:assert/strict";
import { test } from "node:test";
import { applyAgentRecord, createAgentState } from "#core/agent/state.ts";
import type { HeldExecutor, HeldTask } from "#core/agent/types.ts";
import { agentId, containerId, executorId, frameworkId, roleName, taskId } from "#model/ids.ts";
import type { Files, FilesOutcome } from "#ports/files.ts";
import { executorSpec, ourFrameworkInfo } from "../../../test/support/agent-fixtures.ts";
import { asJson, callEndpoint } from "../../../test/support/door-driver.ts";
import { agentInfo, taskSpec } from "../../../test/support/master-fixtures.ts";
import type { AgentContext } from "../endpoint.ts";
import { agentEndpoints } from "./endpoints.ts";

const sandbox = "/frameworks/F1/executors/t1/runs/latest";
const missing = (path: string): FilesOutcome<never> => ({
  ok: false,
  code: "not-found",
  message: `'${path}' does not exist`,
});

/** One sandbox with one file, `stdout`, of `hello\xff`. */
function fakeFiles(): Files & { readonly asked: (readonly [number | undefined, number])[] } {
  const content = Uint8Array.from([...new TextEncoder().encode("hello"), 0xff]);
  const asked: (readonly [number | undefined, number])[] = [];
  return {
    asked,
    browse: (path, done) => {
      if (path !== sandbox) return done(missing(path));
      const entry = { path: `${sandbox}/stdout`, sizeBytes: 6, modifiedAtMs: 5_000, mode: 0o100640 };
      return done({ ok: true, value: [{ ...entry, links: 1, user: "nobody", group: "nogroup" }] });
    },
    read: (path, offset, lengthBytes, done) => {
      asked.push([offset, lengthBytes]);
      if (path !== `${sandbox}/stdout`) return done(missing(path));
      const from = offset ?? content.length;
      return done({ ok: true, value: { offset: from, data: content.slice(from, from + lengthBytes) } });
    },
    open: (path, done) =>
      path.startsWith(sandbox)
        ? done({ ok: true, value: { descriptor: 7, sizeBytes: 6 } })
        : done({ ok: false, code: "forbidden", message: "not below a sandbox" }),
    attached: () => ({}),
  };
}

const heldTask = (id: string): HeldTask => ({
  spec: taskSpec(id, agentId("S1")),
  frameworkId: frameworkId("F1"),
  role: roleName("*"),
  containerId: containerId("c1"),
  phase: "running",
  pid: 1,
  launchedAtMs: 1_000,
  startedAtMs: 2_000,
  killing: undefined,
  healthy: undefined,
  exit: undefined,
  state: "running",
  latest: {
    taskId: taskId(id),
    agentId: agentId("S1"),
    state: "running",
    source: "agent",
    reason: undefined,
    message: "",
    timestampMs: 2_000,
    healthy: undefined,
    updateId: undefined,
    containerId: undefined,
    address: "127.0.0.11",
    exit: undefined,
  },
});

const heldExecutor: HeldExecutor = {
  spec: executorSpec("e", { name: "runner" }),
  frameworkId: frameworkId("F1"),
  framework: ourFrameworkInfo,
  role: roleName("*"),
  containerId: containerId("c9"),
  phase: "running",
  pid: 2,
  launchedAtMs: 1_000,
  token: "a-token",
  hasSubscribed: true,
  hasWorked: true,
  ending: undefined,
};

function agentContext(files: Files): AgentContext {
  const info = agentInfo("agent-1");
  const state = createAgentState({ info, masterTimeoutMs: 1_000, allowRoot: false });
  state.identity = { key: "k", agentId: agentId("S1") };
  state.tasks.set("t1", heldTask("t1"));
  const old = {
    executorId: executorId("t0"),
    frameworkId: frameworkId("F1"),
    containerId: containerId("c0"),
  };
  state.sandboxes.set("t0", { ...old, endedAtMs: 500, removing: false });
  return {
    agent: { read: (view, done) => done(view(state, 10_000)) },
    files,
    info,
    startedAtMs: 0,
    sandboxPath: (framework, task) => `/data/${framework}/${task}`,
  };
}

const get = (target: string, files: Files = fakeFiles()) =>
  asJson(callEndpoint(agentEndpoints, agentContext(files), "GET", target));

test("an agent shows its tasks with their sandboxes, those that ended too", () => {
  const { json } = get("/state");
  assert.equal(json.id, "S1");
  const [framework] = json.frameworks;
  const [executor] = framework.executors;
  assert.deepEqual([executor.id, executor.container, executor.directory], ["t1", "c1", "/data/F1/t1"]);
  assert.equal(executor.tasks[0].state, "TASK_RUNNING");
  assert.equal(executor.tasks[0].statuses[0].container_status.container_id.value, "c1");
  assert.equal(framework.completed_executors[0].directory, "/data/F1/t0");
});

test("a sandbox is browsed as Mesos shows it", () => {
  const { json } = get(`/files/browse?path=${encodeURIComponent(sandbox)}`);
  assert.deepEqual(json, [
    {
      gid: "nogroup",
      mode: "-rw-r-----",
      mtime: 5,
      nlink: 1,
      path: `${sandbox}/stdout`,
      size: 6,
      uid: "nobody",
    },
  ]);
  assert.equal(get("/files/browse?path=/etc").status, 404);
});

test("virtual paths are told with the directories that they lead to", () => {
  assert.deepEqual(get("/files/debug").json, {
    [sandbox]: "/data/F1/t1",
    "/data/F1/t1": "/data/F1/t1",
    "/frameworks/F1/executors/t0/runs/latest": "/data/F1/t0",
    "/data/F1/t0": "/data/F1/t0",
  });
});

test("a file is read in parts; what is no UTF-8 does not break the answer", () => {
  const path = encodeURIComponent(`${sandbox}/stdout`);
  assert.deepEqual(get(`/files/read?path=${path}&offset=1&length=3`).json, { data: "ell", offset: 1 });
  assert.deepEqual(get(`/files/read?path=${path}&offset=4`).json, { data: "o\ufffd", offset: 4 });
  assert.deepEqual(get(`/files/read?path=${path}`).json, { data: "", offset: 6 });
  assert.deepEqual(get(`/files/read?path=${path}&offset=-1`).json, { data: "", offset: 6 });
});

test("no more is read at once than one answer may hold", () => {
  const files = fakeFiles();
  get(`/files/read?path=${sandbox}/stdout&offset=0&length=999999999999`, files);
  assert.equal(files.asked[0]?.[1], 1024 * 1024);
});

test("parameters that are missing or no numbers are named", () => {
  for (const [query, name] of [
    ["", "path"],
    ["?path=", "path"],
    ["?path=%00", "path"],
    ["?path=/a&offset=x", "offset"],
    ["?path=/a&offset=-2", "offset"],
    ["?path=/a&offset=1e3", "offset"],
    ["?path=/a&offset=0&length=-5", "length"],
  ] as const) {
    const { status, json } = get(`/files/read${query}`);
    assert.equal(status, 400, query);
    assert.match(json.message, new RegExp(name));
  }
});

test("a download is the open file, under a name that no header trips over", () => {
  const context = agentContext(fakeFiles());
  const answer = callEndpoint(agentEndpoints, context, "GET", `/files/download?path=${sandbox}/a%22%0d%0ab`);
  assert.ok(answer.kind === "file");
  assert.equal(answer.file.descriptor, 7);
  assert.equal(answer.headers["Content-Disposition"], 'attachment; filename="a___b"');
  assert.equal(get("/files/download?path=/etc/shadow").status, 403);
});

test("an executor that its framework brought along is shown with its tasks", () => {
  const context = agentContext(fakeFiles());
  context.agent.read(
    (state) => {
      applyAgentRecord(state, { kind: "held-executor", id: "F1/e", value: heldExecutor });
      for (const [id, phase] of [
        ["q", "launching"],
        ["r", "running"],
        ["d", "ended"],
      ] as const)
        applyAgentRecord(state, {
          kind: "held-task",
          id: `F1/${id}`,
          value: {
            ...heldTask(id),
            phase,
            runner: "custom",
            spec: { ...taskSpec(id, agentId("S1")), executorId: executorId("e") },
          },
        });
      return state;
    },
    () => {},
  );
  const { json } = asJson(callEndpoint(agentEndpoints, context, "GET", "/state"));
  const executor = json.frameworks[0].executors.find(({ id }: { id: string }) => id === "e");
  const idsOf = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);
  assert.deepEqual(
    [executor.name, executor.type, executor.role, executor.container, executor.directory],
    ["runner", "CUSTOM", "*", "c9", "/data/F1/e"],
  );
  assert.deepEqual([executor.tasks, executor.queued_tasks, executor.completed_tasks].map(idsOf), [
    ["r"],
    ["q"],
    ["d"],
  ]);
  assert.ok(!JSON.stringify(json).includes(heldExecutor.token));
  const debug = asJson(callEndpoint(agentEndpoints, context, "GET", "/files/debug")).json;
  assert.equal(debug["/frameworks/F1/executors/e/runs/latest"], "/data/F1/e");
});
