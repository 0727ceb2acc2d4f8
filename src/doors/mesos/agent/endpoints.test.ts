import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgentState } from "#core/agent/state.ts";
import type { AgentContext } from "#doors/endpoint.ts";
import { agentId, containerId, frameworkId, roleName } from "#model/ids.ts";
import { agentCallsEnums } from "#wire/mesos/proto/agent-calls.ts";
import { asBody, callEndpoint } from "../../../../test/support/door-driver.ts";
import { agentInfo, taskSpec } from "../../../../test/support/master-fixtures.ts";
import { agentEndpoints } from "../../agent/endpoints.ts";
import { agentMesosEndpoints } from "./endpoints.ts";

function agentContext(): AgentContext {
  const info = agentInfo("agent-1");
  const state = createAgentState({ info, masterTimeoutMs: 1_000, allowRoot: false });
  state.identity = { key: "k", agentId: agentId("S1") };
  state.tasks.set("F1/t1", {
    spec: taskSpec("t1", agentId("S1")),
    frameworkId: frameworkId("F1"),
    role: roleName("web"),
    containerId: containerId("c1"),
    phase: "running",
    pid: 42,
    launchedAtMs: 1_000,
    startedAtMs: 1_000,
    killing: undefined,
    healthy: undefined,
    exit: undefined,
    state: "running",
    latest: undefined,
  });
  const data = new TextEncoder().encode("hello");
  return {
    agent: { read: (view, done) => done(view(state, 5_000)) },
    files: {
      browse: (_path, done) => done({ ok: false, code: "not-found", message: "nothing" }),
      read: (_path, offset, lengthBytes, done) =>
        done({
          ok: true,
          value:
            offset === undefined
              ? { offset: data.length, data: new Uint8Array(0) }
              : { offset, data: data.subarray(offset, offset + lengthBytes) },
        }),
      open: (_path, done) => done({ ok: false, code: "not-found", message: "nothing" }),
      attached: () => ({}),
    },
    info,
    startedAtMs: 1_000,
    sandboxPath: (framework, task) => `/data/${framework}/${task}`,
  };
}

const json = { "content-type": "application/json" };

const send = (
  call: unknown,
  headers: Readonly<Record<string, string>> = json,
  context: AgentContext = agentContext(),
) => {
  const answer = asBody(callEndpoint(agentMesosEndpoints, context, "POST", "/api/v1", call, headers));
  const text = typeof answer.body === "string" ? answer.body : new TextDecoder().decode(answer.body);
  return { status: answer.status, text };
};

test("an agent answers every call that only looks", () => {
  const types = Object.keys(agentCallsEnums["agent.Call.Type"]).filter((type) => type.startsWith("GET_"));
  assert.equal(types.length, 13);
  for (const type of types) {
    const { status, text } = send({ type, get_metrics: {} });
    assert.equal(status, 200, `${type}: ${text}`);
    assert.equal(JSON.parse(text).type, type);
  }
});

test("an agent shows what it holds: tasks, executors, containers", () => {
  const { get_state: state } = JSON.parse(send({ type: "GET_STATE" }).text);
  assert.equal(state.get_tasks.launched_tasks[0].state, "TASK_RUNNING");
  const [executor] = state.get_executors.executors;
  assert.equal(executor.executor_info.name, "Command Executor (Task: t1) (Command: sh -c 'sleep 1')");
  const [container] = JSON.parse(send({ type: "GET_CONTAINERS" }).text).get_containers.containers;
  assert.equal(container.container_status.executor_pid, 42);
  assert.equal(container.resource_statistics.mem_limit_bytes, 100 * 1_048_576);
});

test("a file is read with its size; beyond its end there is nothing", () => {
  const read = (offset: number, length?: number) =>
    JSON.parse(send({ type: "READ_FILE", read_file: { path: "/x", offset, length } }).text).read_file;
  assert.deepEqual(read(1, 3), { size: 5, data: Buffer.from("ell").toString("base64") });
  assert.deepEqual(read(0), { size: 5, data: Buffer.from("hello").toString("base64") });
  assert.deepEqual(read(99), { size: 5, data: "" });
  assert.deepEqual(send({ type: "LIST_FILES", list_files: { path: "/nope" } }), { status: 404, text: "" });
});

test("an agent says by name what it does not do, and of what is not there that it is not", () => {
  const container = { container_id: { value: "nope" } };
  assert.deepEqual(send({ type: "WAIT_CONTAINER", wait_container: container }), {
    status: 404,
    text: "Container nope cannot be found",
  });
  const known = { container_id: { value: "c1" } };
  assert.equal(send({ type: "KILL_CONTAINER", kill_container: known }).status, 501);
});

test("images are pruned but for those that are excluded; why they cannot be is told", () => {
  const kept: (readonly string[])[] = [];
  const images = (fault: string | undefined): NonNullable<AgentContext["images"]> => ({
    prune: (keep, done) => {
      kept.push(keep);
      done(fault);
    },
  });
  const excluded = [{ type: "DOCKER", docker: { name: "nginx" } }];
  const call = { type: "PRUNE_IMAGES", prune_images: { excluded_images: excluded } };
  const prune = (fault?: string) => send(call, json, { ...agentContext(), images: images(fault) });
  assert.equal(prune().status, 200);
  assert.deepEqual(prune("a reason"), { status: 500, text: "Images could not be pruned: a reason" });
  assert.deepEqual(kept, [["nginx"], ["nginx"]]);
  assert.equal(send({ type: "PRUNE_IMAGES" }).status, 200);
});

test("an agent looks at what the client accepts before it looks at the body", () => {
  const cases = [
    ["{}", {}, 400, "Expecting 'Content-Type' to be present"],
    [
      "{}",
      { ...json, accept: "text/html" },
      406,
      "Expecting 'Accept' to allow application/json or application/x-protobuf or application/recordio",
    ],
    ["{}", json, 400, "Failed to validate agent::Call: Expecting 'type' to be present"],
    [
      '{"type":"READ_FILE"}',
      json,
      400,
      "Failed to validate agent::Call: Expecting 'read_file' to be present",
    ],
  ] as const;
  for (const [body, headers, status, text] of cases) assert.deepEqual(send(body, headers), { status, text });
});

test("an agent takes a level of logging, tells 0 and says that it means nothing", () => {
  const call = {
    type: "SET_LOGGING_LEVEL",
    set_logging_level: { level: 2, duration: { nanoseconds: 1_000_000_000 } },
  };
  assert.deepEqual(send(call), { status: 200, text: "" });
  assert.match(send({ type: "GET_LOGGING_LEVEL" }).text, /"level":0/);
});

test("an agent's older endpoints have names of all times", () => {
  const get = (path: string) => {
    const answer = asBody(callEndpoint(agentEndpoints, agentContext(), "GET", path));
    assert.equal(answer.status, 200, path);
    return String(answer.body);
  };
  assert.equal(get("/monitor/statistics.json"), get("/monitor/statistics"));
  const handlers = new Set(
    agentEndpoints
      .filter(({ path }) => /^(\/slave\(1\))?\/state(\.json)?$/.test(path))
      .map(({ handle }) => handle),
  );
  assert.equal(handlers.size, 1);
  assert.match(get("/metrics"), /^mesos_slave_registered 0$/m);
});
