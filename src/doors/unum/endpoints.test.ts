import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";
import { offersIn, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";
import { compareNames } from "../views/nodes.ts";

test("nodes are listed with what they have and use, in the order in which people count", () => {
  const door = new DoorDriver();
  for (const name of ["agent-10", "agent-2"]) door.addAgent(name);
  const { nodes } = door.get("/unum/v1/nodes").json;
  assert.deepEqual(
    nodes.map(({ name }: { name: string }) => name),
    ["agent-2", "agent-10"],
  );
  const [node] = nodes;
  assert.equal(node.state, "active");
  assert.equal(node.address, "127.0.0.1:5051");
  assert.deepEqual(node.total, { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, ports: "[31000-31009]" });
  assert.equal(node.used.cpus, 0);
  assert.equal(node.unreachableSince, null);
});

test("a task is listed while it runs and after it ended, and explained both times", () => {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1");
  const framework = new TestFramework(door.master);
  const offers = offersIn(framework.subscribe());
  framework.launch(offers, [taskSpec("t1", agent.id)]);
  agent.update(framework.id, "t1", "running");
  const [task] = door.get("/unum/v1/tasks").json.tasks;
  assert.deepEqual(
    [task.id, task.state, task.agentName, task.appId],
    ["t1", "TASK_RUNNING", "agent-1", null],
  );
  assert.equal(task.resources.cpus, 1);
  assert.equal(task.sandbox, `/frameworks/${framework.id}/executors/t1/runs/latest`);
  assert.equal(door.get("/unum/v1/nodes").json.nodes[0].tasks, 1);
  for (const status of framework.takeStatuses()) framework.acknowledge(status);
  agent.update(framework.id, "t1", "failed", { message: "exit code 3", exit: { kind: "code", code: 3 } });
  for (const status of framework.takeStatuses()) framework.acknowledge(status);
  const { json } = door.get("/unum/v1/explain/task/t1");
  assert.equal(json.summary, "TASK_FAILED on agent-1: exit code 3");
  assert.deepEqual(json.statuses.at(-1).exit, { kind: "code", code: 3 });
  assert.equal(door.get("/unum/v1/tasks").json.tasks.length, 1);
  assert.equal(door.get("/unum/v1/explain/task/t2").status, 404);
});

test("the version needs no token and tells no more than that", () => {
  const door = new DoorDriver();
  assert.deepEqual(door.get("/unum/v1/version").json, {
    name: "unum",
    version: "0.0.0",
    clusterName: "test",
    startedAt: "2026-01-01T00:00:00.000Z",
  });
});

test("names with numbers are compared by number", () => {
  const names = ["agent-10", "agent-2", "agent", "b", "agent-2-1", "agent-02"];
  assert.deepEqual(names.toSorted(compareNames), [
    "agent",
    "agent-02",
    "agent-2",
    "agent-2-1",
    "agent-10",
    "b",
  ]);
});
