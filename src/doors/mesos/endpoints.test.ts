import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";
import { mesosGatewayEndpoints, mesosMasterEndpoints } from "./endpoints.ts";

test("state, summary and agents are served under all their paths", () => {
  const door = new DoorDriver();
  door.addAgent("agent-1");
  for (const path of ["/state", "/master/state", "/mesos/state", "/mesos/master/state"]) {
    const { json } = door.get(path);
    assert.equal(json.cluster, "test");
    assert.equal(json.leader, "master@127.0.0.1:5050");
    assert.equal(json.slaves.length, 1);
  }
  for (const path of [
    "/state-summary",
    "/master/state-summary",
    "/mesos/state-summary",
    "/mesos/master/state-summary",
  ]) {
    assert.equal(door.get(path).json.slaves[0].TASK_RUNNING, 0);
  }
  assert.equal(door.get("/slaves").json.slaves[0].pid, "slave(1)@127.0.0.1:5051");
});

test("what is asked of an agent at the gateway is passed to it, query and all", () => {
  const door = new DoorDriver();
  const { id } = door.addAgent("agent-1");
  const answer = door.call("GET", `/agent/${id}/files/read?path=%2Fa%2Fstdout&offset=0`);
  assert.deepEqual(answer, {
    kind: "proxy",
    address: "127.0.0.1",
    port: 5051,
    path: "/files/read?path=%2Fa%2Fstdout&offset=0",
  });
  const old = door.call("GET", `/slave/${id}/slave(1)/state`);
  assert.ok(old.kind === "proxy" && old.path === "/state");
  assert.equal(door.get("/agent/none/state").status, 404);
});

test("a path cannot climb out of the agent's own, or end its request line", () => {
  const door = new DoorDriver();
  const { id } = door.addAgent("agent-1");
  for (const rest of ["%0d%0aHost: x", "a%3Fb", "a%23b", "%2e%2e%2fx", "//host/x"]) {
    const answer = door.call("GET", `/agent/${id}/${rest}`);
    assert.ok(answer.kind === "proxy");
    assert.match(answer.path, /^\/[A-Za-z0-9%._-]+(\/[A-Za-z0-9%._-]+)*$/, answer.path);
  }
});

test("only the master's health is public", () => {
  const open = [...mesosMasterEndpoints, ...mesosGatewayEndpoints].filter(
    ({ permission }) => permission === "public",
  );
  assert.deepEqual(
    open.map(({ path }) => path),
    ["/health", "/master/health"],
  );
});
