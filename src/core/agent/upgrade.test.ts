/**
 * What earlier releases left on the disk of an agent is read, and kept from then on as it is now.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";
import { agentKinds } from "./records.ts";

test("upgrade: a task that version 1 held used plain resources", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  const held = driver.task("web");
  assert.ok(held !== undefined);
  const { others: _, ...plain } = held.spec.resources;
  const old = { ...held, spec: { ...held.spec, resources: plain } };
  assert.deepEqual(agentKinds["held-task"].upgrade?.(old, 1), held);
  assert.deepEqual(agentKinds["held-task"].upgrade?.(held, 2), held);
});

test("upgrade: a sandbox of version 1 was a task's", () => {
  const rest = { frameworkId: "m-0000", containerId: "c", endedAtMs: 7, removing: false };
  assert.deepEqual(agentKinds.sandbox.upgrade?.({ ...rest, taskId: "web" }, 1), {
    ...rest,
    executorId: "web",
  });
});

test("upgrade: rows that were kept under a task's id alone are found, renamed, and forgotten in time", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.run(taskSpec("done"));
  driver.containers.end("done", { kind: "code", code: 0 });
  driver.deliver();
  const [web] = driver.storedTasks().filter(({ spec }) => spec.taskId === "web");
  const [done] = driver.storedTasks().filter(({ spec }) => spec.taskId === "done");
  const [stream] = driver.storedStreams();
  const old = {
    frameworkId: "m-0000",
    executorId: "old",
    containerId: "c",
    endedAtMs: 7,
    removing: false,
  };
  driver.plant([
    { kind: "held-task", id: "web", value: web },
    { kind: "held-task", id: "done", value: done },
    { kind: "update-stream", id: "done", value: stream },
    { kind: "sandbox", id: "old", value: old },
  ]);
  driver.crash();
  assert.deepEqual(driver.storedIds("held-task").toSorted(), ["m-0000/done", "m-0000/web"]);
  assert.deepEqual(driver.storedIds("update-stream"), ["m-0000/done"]);
  assert.deepEqual(driver.storedIds("sandbox"), ["m-0000/old"]);
  assert.equal(driver.state.misnamed.size, 0);
  driver.deliver();
  driver.join();
  assert.equal(driver.task("web")?.state, "running");
  driver.acknowledgeAll();
  assert.deepEqual(driver.storedIds("held-task"), ["m-0000/web"]);
  assert.deepEqual(driver.storedIds("update-stream"), []);
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.acknowledgeAll();
  assert.deepEqual(driver.storedIds("held-task"), []);
});
