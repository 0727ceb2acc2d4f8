/**
 * What a restart does not forget: tasks on unreachable agents, tasks that ended, frameworks that are over.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver, runningScene, TestFramework } from "../../../test/support/master-driver.ts";
import { heldTask, taskSpec } from "../../../test/support/master-fixtures.ts";

const timeoutMs = 60_000;

function unreachableScene() {
  const all = runningScene();
  all.driver.advance(timeoutMs);
  all.framework.take();
  return all;
}

test("restart: a task on an unreachable agent is known, by name and in the list of all", () => {
  const { driver, agent, framework } = unreachableScene();
  driver.restart();
  framework.subscribe();
  assert.equal(framework.reconcile(["t1", undefined])[0]?.state, "unreachable");
  assert.equal(framework.reconcile(["t1", agent.id])[0]?.agentId, agent.id);
  assert.deepEqual(
    framework.reconcile().map(({ taskId, state }) => [taskId, state]),
    [["t1", "unreachable"]],
  );
});

test("restart: its agent comes back with it, all that it is, and it is no longer kept as unreachable", () => {
  const { driver, agent, framework, spec } = unreachableScene();
  driver.restart();
  framework.subscribe();
  const whole = { ...spec, handed: "as the framework said it" };
  agent.connect([heldTask(whole, framework.id, "running")]);
  const [status] = framework.takeStatuses();
  assert.deepEqual([status?.state, status?.reason], ["running", "agent-reregistered"]);
  const [task] = driver.state.tables.task.values();
  assert.equal(task?.spec.handed, whole.handed);
  assert.equal(driver.state.tables["unreachable-task"].size, 0);
  driver.restart();
  assert.equal(driver.state.tables.task.size, 0, "a running one is its agent's to tell");
});

test("restart: its agent comes back without it: it is gone, and known as such", () => {
  const { driver, agent, framework } = unreachableScene();
  driver.restart();
  framework.subscribe();
  agent.connect([]);
  assert.equal(framework.takeStatuses()[0]?.state, "gone");
  assert.equal(driver.state.tables["unreachable-task"].size, 0);
  driver.restart();
  framework.subscribe();
  assert.equal(framework.reconcile(["t1", undefined]).length, 1, "the history needs no agent");
  assert.equal(framework.reconcile(["t1", agent.id])[0]?.state, "gone");
});

test("restart: an agent that is marked gone, or forgotten, takes its tasks out of what is kept", () => {
  const gone = unreachableScene();
  gone.driver.input({ type: "mark-agent-gone", agentId: gone.agent.id });
  assert.equal(gone.driver.state.tables["unreachable-task"].size, 0);
  gone.driver.restart();
  gone.framework.subscribe();
  assert.equal(gone.framework.reconcile(["t1", undefined])[0]?.state, "gone-by-operator");
  const { driver, framework } = unreachableScene();
  framework.call({ type: "suppress", roles: [] });
  driver.nowMs += limits.unreachableAgentKeptMs;
  driver.advance(1);
  assert.equal(driver.state.tables["unreachable-task"].size, 0);
});

test("restart: a framework that is over is known, and its unreachable tasks are not", () => {
  const { driver, agent, framework, spec } = unreachableScene();
  framework.call({ type: "teardown" });
  assert.equal(driver.state.tables["unreachable-task"].size, 0);
  driver.restart();
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "completed");
  const events = framework.subscribe();
  assert.deepEqual(events, [{ type: "error", message: "Framework has been removed" }]);
  assert.ok(
    agent.connect([heldTask(spec, framework.id, "running")]).some(({ type }) => type === "kill"),
    "what its agent brings back is ended",
  );
});

test("restart: what ended is told as it ended", () => {
  const { driver, agent, framework } = runningScene();
  framework.acknowledge(agent.update(framework.id, "t1", "finished"));
  framework.take();
  assert.equal(framework.reconcile(["t1", agent.id])[0]?.state, "finished");
  driver.restart();
  framework.subscribe();
  const [status] = framework.reconcile(["t1", undefined]);
  assert.deepEqual(
    [status?.state, status?.reason, status?.updateId],
    ["finished", "reconciliation", undefined],
  );
  assert.deepEqual(framework.reconcile(), [], "with no names only those that go on");
});

test("of more unreachable tasks than may be kept, those that were lost first go", () => {
  const { driver, agent, framework } = runningScene();
  const [task] = driver.state.tables.task.values();
  assert.ok(task !== undefined);
  for (let index = 0; index < limits.unreachableTasksMax; index += 1)
    driver.room.apply(driver.state, { kind: "unreachable-task", id: `old-${index}`, value: task });
  driver.advance(timeoutMs);
  const kept = driver.state.tables["unreachable-task"];
  assert.equal(kept.size, limits.unreachableTasksMax);
  assert.deepEqual(
    [kept.has("old-0"), kept.has("old-1"), kept.has(`${framework.id}/t1`)],
    [false, true, true],
  );
  assert.equal(framework.reconcile(["t1", agent.id])[0]?.state, "unreachable");
});

test("unreachable tasks are kept without what nobody may see", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const framework = new TestFramework(driver);
  framework.subscribe();
  const spec = taskSpec("t", agent.id);
  const tasks = Array.from({ length: 30 }, (_, index) =>
    heldTask({ ...spec, taskId: `t${index}` as typeof spec.taskId, handed: "x" }, framework.id, "running"),
  );
  agent.connect(tasks);
  driver.advance(timeoutMs);
  const kept = [...driver.state.tables["unreachable-task"].values()];
  assert.equal(kept.length, 30);
  assert.ok(kept.every((task) => task.spec.handed === undefined));
});
