import assert from "node:assert/strict";
import { test } from "node:test";
import { appId, type TaskId, taskId } from "#model/ids.ts";
import type { TaskState } from "#model/task-state.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { queue } from "./views.ts";

const web = appId("/web");

const only = (driver: AppsDriver): TaskId => {
  const [instance, ...others] = driver.instances("/web");
  assert.ok(instance !== undefined && others.length === 0, "there is one instance");
  return instance.taskId;
};

const kills = (driver: AppsDriver, task: TaskId): number =>
  driver.calls.filter((call) => call.type === "kill" && call.taskId === task).length;

test("back-off grows on failed and finished tasks, not on killed ones, up to its bound", () => {
  const table: readonly (readonly [state: TaskState, delaysMs: readonly number[]])[] = [
    ["failed", [1_000, 2_000, 4_000, 5_000, 5_000]],
    ["finished", [1_000, 2_000, 4_000, 5_000, 5_000]],
    ["killed", [0, 0, 0, 0, 0]],
    ["lost", [0, 0, 0, 0, 0]],
  ];
  for (const [state, delaysMs] of table) {
    const driver = new AppsDriver();
    driver.create(testApp("/web", { backoff: { initialMs: 1_000, factor: 2, maxMs: 5_000 } }));
    for (const delayMs of delaysMs) {
      driver.advance(500);
      const task = only(driver);
      driver.status(task, state);
      const delay = driver.state.delays.get(web);
      assert.equal(delay?.delayMs ?? 0, delayMs, state);
      if (delayMs === 0) continue;
      driver.advance(delayMs - 1);
      assert.equal(driver.alive("/web").length, 0, "not before its time");
      driver.advance(1);
    }
    assert.notEqual(only(driver), undefined);
  }
});

test("scaling does not reset the back-off, a restart and a change do, and so does asking for it", () => {
  const failing = (): AppsDriver => {
    const driver = new AppsDriver();
    driver.create(testApp("/web", { backoff: { initialMs: 60_000, factor: 2, maxMs: 300_000 } }));
    driver.advance(500);
    driver.status(only(driver), "failed");
    assert.equal(driver.alive("/web").length, 0);
    assert.deepEqual(
      queue(driver.state).map(({ count, delay }) => [count, delay?.delayMs]),
      [[1, 60_000]],
    );
    return driver;
  };
  const scaled = failing();
  scaled.update("/web", { instances: 2 }, true);
  assert.equal(scaled.alive("/web").length, 0);
  const restarted = failing();
  restarted.deploy({ type: "restart-app", id: web, force: true });
  assert.equal(restarted.alive("/web").length, 1);
  const changed = failing();
  changed.update("/web", { labels: { a: "1" } }, true);
  assert.equal(changed.alive("/web").length, 1);
  const reset = failing();
  assert.deepEqual(reset.submit({ type: "reset-delay", id: web }), { type: "done" });
  assert.equal(reset.alive("/web").length, 1);
});

test("an app that runs for as long as the longest delay starts afresh", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { backoff: { initialMs: 1_000, factor: 10, maxMs: 60_000 } }));
  driver.status(only(driver), "failed");
  driver.advance(1_000);
  driver.advance(30_000);
  driver.status(only(driver), "failed");
  assert.equal(driver.state.delays.get(web)?.delayMs, 10_000);
  driver.advance(10_000);
  driver.advance(61_000);
  assert.equal(driver.state.delays.size, 0);
});

test("the time until the delay is forgotten starts again when a task gets further", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  driver.create(testApp("/web", { backoff: { initialMs: 1_000, factor: 2, maxMs: 60_000 } }));
  driver.advance(500);
  driver.status(only(driver), "failed");
  driver.advance(40_000);
  driver.status(only(driver), "running");
  driver.advance(59_000);
  assert.equal(driver.state.delays.size, 1);
  driver.advance(2_000);
  assert.equal(driver.state.delays.size, 0);
});

test("a task that fails as it is killed does not slow its app down", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const task = only(driver);
  driver.auto.kill = false;
  driver.submit({ type: "kill-tasks", taskIds: [task], scale: false, force: false });
  driver.status(task, "failed");
  assert.equal(driver.state.delays.size, 0);
});

test("how a task failed is remembered until the app is deleted", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const task = only(driver);
  driver.status(task, "failed", { message: "exited with 3" });
  const failure = driver.state.failures.get(web);
  assert.deepEqual([failure?.taskId, failure?.state, failure?.message], [task, "failed", "exited with 3"]);
  driver.deploy({ type: "delete-app", id: web, force: true });
  assert.equal(driver.state.failures.size, 0);
});

test("a launch into an offer that was gone is no failure of the app, and done again at once", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  driver.create(testApp("/web"));
  driver.status(only(driver), "dropped", { source: "master", reason: "invalid-offers" });
  driver.advance(300);
  assert.equal(driver.alive("/web").length, 1);
  assert.deepEqual([driver.state.delays.size, driver.state.failures.size], [0, 0]);
});

test("a status is acknowledged when it carries an update id, even of a task that nobody knows", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const task = only(driver);
  const known = driver.tasks.get(task);
  assert.ok(known !== undefined);
  const stranger = taskId("other.instance-x._app.1");
  driver.tasks.set(stranger, { ...known, spec: { ...known.spec, taskId: stranger } });
  driver.calls.length = 0;
  driver.status(task, "running");
  driver.status(stranger, "finished");
  driver.status(task, "running", { updateId: undefined });
  assert.deepEqual(
    driver.calls.flatMap((call) => (call.type === "acknowledge" ? [call.taskId] : [])),
    [task, stranger],
  );
});

test("a running task that nobody asked for is killed; one that ended is not", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const known = driver.tasks.get(only(driver));
  assert.ok(known !== undefined);
  const stranger = taskId("old_app.instance-x._app.1");
  driver.tasks.set(stranger, { ...known, spec: { ...known.spec, taskId: stranger } });
  driver.auto.kill = false;
  driver.status(stranger, "running");
  assert.equal(kills(driver, stranger), 1);
  driver.advance(driver.config.reconcileIntervalMs + 10_000);
  assert.equal(kills(driver, stranger), 2, "again at the next reconciliation");
  driver.status(stranger, "killed");
  assert.equal(kills(driver, stranger), 2);
});

test("a kill is repeated until the task is gone, and its place filled only then", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { killGraceMs: 7_000 }));
  const task = only(driver);
  driver.auto.kill = false;
  driver.submit({ type: "kill-tasks", taskIds: [task], scale: false, force: false });
  driver.advance(35_000);
  assert.equal(kills(driver, task), 4);
  assert.ok(driver.calls.every((call) => call.type !== "kill" || call.graceMs === 7_000));
  assert.equal(driver.alive("/web").length, 1);
  driver.status(task, "killed");
  assert.notEqual(only(driver), task);
  driver.advance(60_000);
  assert.equal(kills(driver, task), 4);
});

test("a task that does not start in time is killed and replaced", () => {
  const driver = new AppsDriver({ config: { taskLaunchTimeoutMs: 30_000 } });
  driver.auto.run = false;
  driver.create(testApp("/web"));
  const first = only(driver);
  driver.advance(29_999);
  assert.equal(kills(driver, first), 0);
  driver.auto.run = true;
  driver.advance(1_000);
  assert.ok(kills(driver, first) > 0);
  assert.notEqual(only(driver), first);
  assert.equal(driver.state.deployments.size, 0);
});

test("a launch that was lost on its way is found out by reconciliation", () => {
  const driver = new AppsDriver();
  let lost = 0;
  driver.loseAccept = () => {
    lost += 1;
    return lost === 1;
  };
  driver.create(testApp("/web"));
  assert.equal(driver.alive("/web").length, 0);
  driver.advance(driver.config.reconcileIntervalMs + 2_000);
  assert.equal(driver.alive("/web").length, 1);
});

test("unreachable: replaced at once by default, and killed when it returns", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const first = only(driver);
  const agent = driver.tasks.get(first)?.agent;
  assert.ok(agent !== undefined);
  driver.setReachable(agent, false);
  driver.advance(500);
  const second = only(driver);
  assert.notEqual(second, first);
  assert.equal(kills(driver, first), 0);
  driver.setReachable(agent, true);
  driver.advance(1_000);
  assert.equal(only(driver), second);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.taskId),
    [second],
  );
});

test("an instance whose agent is lost while it is to end is not waited for", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { unreachableStrategy: "disabled" }));
  const first = only(driver);
  driver.auto.kill = false;
  driver.deploy({ type: "delete-app", id: web, force: true });
  const agent = driver.tasks.get(first)?.agent;
  assert.ok(agent !== undefined);
  driver.setReachable(agent, false);
  driver.advance(1_000);
  assert.equal(driver.state.deployments.size, 0);
  driver.auto.kill = true;
  driver.setReachable(agent, true);
  assert.equal(driver.alive("/web").length, 0, "killed when it returns");
});

test("unreachable with times: replaced after the first, forgotten after the second", () => {
  const driver = new AppsDriver();
  const unreachableStrategy = { inactiveAfterMs: 60_000, expungeAfterMs: 120_000 };
  driver.create(testApp("/web", { unreachableStrategy }));
  const first = only(driver);
  const agent = driver.tasks.get(first)?.agent;
  assert.ok(agent !== undefined);
  driver.setReachable(agent, false);
  driver.advance(59_999);
  assert.equal(only(driver), first);
  driver.advance(2_000);
  assert.deepEqual(
    driver.instances("/web").map(({ state }) => state),
    ["unreachable", "running"],
  );
  driver.advance(60_000);
  assert.notEqual(only(driver), first);
});

test("unreachable, back before it was forgotten: the surplus goes by the kill selection", () => {
  const driver = new AppsDriver();
  const unreachableStrategy = { inactiveAfterMs: 0, expungeAfterMs: 600_000 };
  driver.create(testApp("/web", { unreachableStrategy }));
  const first = only(driver);
  const agent = driver.tasks.get(first)?.agent;
  assert.ok(agent !== undefined);
  driver.setReachable(agent, false);
  driver.advance(10_000);
  assert.equal(driver.instances("/web").length, 2);
  driver.setReachable(agent, true);
  driver.advance(10_000);
  assert.equal(only(driver), first, "the youngest goes first");
});

test("unreachable during an update: what comes back with the old configuration is ended", () => {
  for (const dies of [false, true]) {
    const driver = new AppsDriver();
    const unreachableStrategy = { inactiveAfterMs: 0, expungeAfterMs: 600_000 };
    driver.create(testApp("/web", { unreachableStrategy }));
    const first = only(driver);
    const agent = driver.tasks.get(first)?.agent;
    assert.ok(agent !== undefined);
    driver.setReachable(agent, false);
    driver.advance(10_000);
    driver.update("/web", { env: { NEW: "yes" } });
    driver.advance(30_000);
    const updated = driver.instances("/web").find(({ taskId }) => taskId !== first)?.taskId;
    assert.ok(updated !== undefined && driver.state.deployments.size === 0);
    // Also when it would fill a place that is free just now.
    driver.auto.run = !dies;
    if (dies) driver.status(updated, "failed");
    driver.setReachable(agent, true);
    driver.advance(10_000);
    assert.ok(!driver.instances("/web").some(({ taskId }) => taskId === first));
  }
});

test("unreachable, disabled: waited for without end", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { unreachableStrategy: "disabled" }));
  const first = only(driver);
  const agent = driver.tasks.get(first)?.agent;
  assert.ok(agent !== undefined);
  driver.setReachable(agent, false);
  driver.advance(86_400_000);
  assert.equal(only(driver), first);
});

test("a late report does not take an instance back", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const task = only(driver);
  driver.status(task, "staging");
  assert.equal(driver.instances("/web")[0]?.state, "running");
});
