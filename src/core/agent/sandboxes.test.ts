import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { agentConfig, executorSpec, ourFramework, taskSpec } from "../../../test/support/agent-fixtures.ts";

const sandboxRemovals = (driver: AgentDriver): readonly string[] =>
  driver.containers.asked.flatMap((effect) => (effect.type === "remove-sandbox" ? [effect.executorId] : []));

function finish(driver: AgentDriver, id: string): void {
  driver.runToRunning(taskSpec(id));
  driver.containers.end(id, { kind: "code", code: 0 });
  driver.deliver();
  driver.advance(1_000);
  driver.acknowledgeAll();
}

function withFullShelf(): AgentDriver {
  const driver = AgentDriver.registered();
  for (let count = 0; count < limits.completedSandboxesMax; count += 1) finish(driver, `task-${count}`);
  return driver;
}

test("the sandboxes of the newest ended tasks are kept, the oldest is removed for another", () => {
  const driver = withFullShelf();
  assert.deepEqual(sandboxRemovals(driver), []);
  finish(driver, "one-more");
  driver.deliver();
  finish(driver, "and-another");
  driver.deliver();
  assert.deepEqual(sandboxRemovals(driver), ["task-0", "task-1"]);
  assert.equal(driver.state.sandboxes.size, limits.completedSandboxesMax);
});

test("a removal that a crash may have swallowed is asked for again", () => {
  const driver = withFullShelf();
  finish(driver, "one-more");
  assert.equal(driver.sandbox("task-0")?.removing, true);
  driver.crash();
  driver.deliver();
  assert.deepEqual(sandboxRemovals(driver), ["task-0", "task-0"]);
  assert.equal(driver.sandbox("task-0"), undefined);
  assert.equal(driver.sandbox("task-1")?.frameworkId, ourFramework);
});

test("which one is the oldest does not depend on the order in which a restart loads them", () => {
  const driver = withFullShelf();
  driver.crash();
  driver.deliver();
  driver.join();
  finish(driver, "one-more");
  assert.deepEqual(sandboxRemovals(driver), ["task-0"]);
});

test("a sandbox is not removed under a container that is still being removed", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("stuck"));
  driver.containers.end("stuck", { kind: "code", code: 0 });
  const [exited] = driver.containers.outcomes.splice(0);
  assert(exited !== undefined);
  driver.submit({ type: "container", outcome: exited });
  const [removed] = driver.containers.outcomes.splice(0);
  assert(removed !== undefined);
  driver.acknowledgeAll();
  driver.advance(1_000);
  for (let count = 0; count < limits.completedSandboxesMax; count += 1) finish(driver, `task-${count}`);
  assert.deepEqual(sandboxRemovals(driver), ["task-0"]);
  driver.submit({ type: "container", outcome: removed });
  finish(driver, "one-more");
  assert.deepEqual(sandboxRemovals(driver), ["task-0", "stuck"]);
});

test("the sandbox of an executor that has ended is not removed while a task of it is not acknowledged", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.containers.start("exec");
  driver.containers.end("exec", { kind: "code", code: 1 });
  driver.deliver();
  driver.advance(1_000);
  const done = driver.readUpdates();
  for (let count = 0; count < limits.completedSandboxesMax; count += 1) finishOnly(driver, `task-${count}`);
  assert.deepEqual(sandboxRemovals(driver), ["task-0"]);
  const [failed] = done;
  assert(failed !== undefined);
  driver.acknowledge(failed);
  finishOnly(driver, "one-more");
  assert.deepEqual(sandboxRemovals(driver), ["task-0", "exec"]);
});

/** Acknowledges nothing of any other task. */
function finishOnly(driver: AgentDriver, id: string): void {
  driver.run(taskSpec(id));
  driver.containers.end(id, { kind: "code", code: 0 });
  driver.deliver();
  for (const state of ["running", "finished"]) {
    const status = driver.storedStreams().find(({ taskId }) => taskId === id)?.pending[0];
    assert(status !== undefined && status.state === state);
    driver.acknowledge(status);
  }
  driver.advance(1_000);
  driver.master({ type: "ping" });
}

test("the sandbox of a living executor is not kept as that of a task that was refused for having its id", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.run(taskSpec("exec"));
  driver.acknowledgeAll();
  assert.equal(driver.task("exec"), undefined);
  assert.equal(driver.sandbox("exec"), undefined);
});

test("files of what ended are kept for as long as the disk has room for them, and no longer", () => {
  const kept = { delayMs: 100_000, headroomShare: 0.1 };
  const driver = AgentDriver.registered({ ...agentConfig, sandboxesKept: kept });
  finish(driver, "old");
  driver.advance(30_000);
  finish(driver, "new");
  driver.submit({ type: "disk", usedShare: 0 });
  assert.equal(driver.state.disk.allowedAgeMs, 90_000);
  driver.submit({ type: "disk", usedShare: 0.5 });
  assert.deepEqual(sandboxRemovals(driver), []);
  driver.submit({ type: "disk", usedShare: 0.7 });
  assert.deepEqual(sandboxRemovals(driver), ["old"]);
  driver.submit({ type: "disk", usedShare: 0.7 });
  driver.deliver();
  driver.submit({ type: "disk", usedShare: 0.7 });
  assert.deepEqual(sandboxRemovals(driver), ["old"]);
  assert.equal(driver.state.disk.removedCount, 1);
  driver.submit({ type: "disk", usedShare: 1 });
  assert.deepEqual(sandboxRemovals(driver), ["old", "new"]);
});

test("on a full disk, too, nothing goes of what is not acknowledged or still runs", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("runs"));
  driver.run(taskSpec("untold"));
  driver.containers.end("untold", { kind: "code", code: 0 });
  driver.deliver();
  driver.submit({ type: "disk", usedShare: 1 });
  assert.deepEqual(sandboxRemovals(driver), []);
  driver.acknowledgeAll();
  driver.submit({ type: "disk", usedShare: 1 });
  assert.deepEqual(sandboxRemovals(driver), ["untold"]);
});

test("what a task was and how it ended is kept with its files, also over a restart, but not its environment", () => {
  const driver = AgentDriver.registered();
  const labels = { tier: "web" };
  const env = { PASSWORD: "secret" };
  const probe = { command: { kind: "shell", text: "true" }, env } as const;
  const check = { ...probe, delayMs: 60_000, intervalMs: 60_000, timeoutMs: 1_000 };
  const healthCheck = { ...check, gracePeriodMs: 0, maxConsecutiveFailures: 3 };
  driver.runToRunning(taskSpec("web", { env, labels, check, healthCheck }));
  driver.runToRunning(taskSpec("large", { labels: { text: "x".repeat(limits.endedTaskBytesMax) } }));
  driver.containers.end("web", { kind: "code", code: 3 });
  driver.containers.end("large", { kind: "code", code: 0 });
  driver.deliver();
  driver.acknowledgeAll();
  driver.acknowledgeAll();
  driver.crash();
  driver.deliver();
  const web = driver.sandbox("web")?.task;
  assert.deepEqual([web?.state, web?.latest?.message], ["failed", "Command exited with status 3"]);
  assert.deepEqual([web?.spec.labels, web?.spec.env], [labels, {}]);
  assert.ok(web?.spec.check !== undefined && web.spec.healthCheck !== undefined);
  assert.doesNotMatch(JSON.stringify(web), /secret/);
  const large = driver.sandbox("large")?.task;
  assert.deepEqual([large?.state, large?.spec.labels], ["finished", {}]);
});
