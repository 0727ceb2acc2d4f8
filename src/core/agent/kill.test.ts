import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";

function running(killGraceMs = 3_000): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web", { killGraceMs }));
  return driver;
}

const kill = (driver: AgentDriver, graceMs?: number): void => driver.kill("web", graceMs);

test("a kill sends TERM at once, and KILL when the grace is over", () => {
  const driver = running(3_000);
  kill(driver);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  driver.advance(2_999);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("web"), ["TERM", "KILL"]);
});

test("KILL is repeated while the container lives, and stops with it", () => {
  const driver = running();
  kill(driver, 1_000);
  driver.advance(21_000);
  assert.deepEqual(driver.containers.signals("web"), ["TERM", "KILL", "KILL", "KILL"]);
  driver.containers.end("web", { kind: "signal", signal: 9 });
  driver.deliver();
  driver.acknowledgeAll();
  driver.master({ type: "ping" });
  assert.equal(driver.wakesInMs(), 60_000);
});

test("a task that is killed ends as killed, however it leaves", () => {
  for (const exit of [
    { kind: "code", code: 0 },
    { kind: "code", code: 143 },
    { kind: "signal", signal: 15 },
  ] as const) {
    const driver = running();
    kill(driver);
    driver.containers.end("web", exit);
    driver.deliver();
    const [killed, ...rest] = driver.readUpdates();
    assert.deepEqual(rest, []);
    assert.equal(killed?.state, "killed");
    assert.match(killed.message, /^Killed on request\. Command (exited|terminated)/);
    assert.deepEqual(killed.exit, exit);
  }
});

test("a kill that is repeated, or with more grace, changes nothing", () => {
  const driver = running(3_000);
  kill(driver);
  driver.advance(1_000);
  kill(driver);
  kill(driver, 30_000);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  driver.advance(1_999);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("web"), ["TERM", "KILL"]);
});

test("a kill with less grace than is left shortens it, down to none", () => {
  const driver = running(10_000);
  kill(driver);
  driver.advance(1_000);
  kill(driver, 2_000);
  driver.advance(1_999);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  assert.equal(driver.storedTasks()[0]?.killing?.graceMs, 3_000);
  kill(driver, 0);
  assert.deepEqual(driver.containers.signals("web"), ["TERM", "KILL"]);
});

test("a kill with less grace during the launch waits for it as the first did", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  kill(driver);
  kill(driver, 0);
  assert.deepEqual(driver.containers.signals("web"), ["KILL"]);
  driver.containers.start("web");
  driver.deliver();
  assert.deepEqual(driver.containers.signals("web"), ["KILL", "KILL"]);
});

test("a kill without grace sends KILL at once", () => {
  const driver = running();
  kill(driver, 0);
  assert.deepEqual(driver.containers.signals("web"), ["KILL"]);
});

test("a kill during the launch gives it up at once, and again when the container stands all the same", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  kill(driver);
  assert.deepEqual(driver.containers.signals("web"), ["KILL"]);
  driver.containers.start("web");
  driver.deliver();
  assert.deepEqual(driver.containers.signals("web"), ["KILL", "KILL"]);
  driver.containers.end("web", { kind: "signal", signal: 9 });
  driver.deliver();
  const [killed, ...rest] = driver.readUpdates();
  assert.deepEqual(rest, []);
  assert.equal(killed?.state, "killed");
  assert.equal(killed.reason, "task-killed-during-launch");
});

test("a kill during a launch that then fails ends the task as killed", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  kill(driver);
  driver.containers.failToStart("web", "no space left on /var");
  driver.deliver();
  const [killed] = driver.readUpdates();
  assert.equal(killed?.state, "killed");
  assert.equal(killed.reason, "task-killed-during-launch");
  assert.match(killed.message, /no space left on \/var$/);
});

test("a kill goes on after a crash: TERM again within the grace, KILL after it", () => {
  const early = running(5_000);
  kill(early);
  early.advance(1_000);
  early.crash();
  early.deliver();
  assert.deepEqual(early.containers.signals("web"), ["TERM", "TERM"]);
  early.advance(4_000);
  assert.deepEqual(early.containers.signals("web"), ["TERM", "TERM", "KILL"]);

  const late = running(5_000);
  kill(late);
  late.nowMs += 6_000;
  late.crash();
  late.deliver();
  assert.deepEqual(late.containers.signals("web"), ["TERM", "KILL"]);
});

test("a kill that was noted and not carried out because of a crash is carried out after it", () => {
  const driver = running();
  driver.kill("web", undefined, "before-effects");
  assert.deepEqual(driver.containers.signals("web"), []);
  driver.deliver();
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
});

test("a framework that knows TASK_KILLING hears it first, once, and not of a task whose time is over", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web", { tellsKilling: true }));
  driver.runToRunning(taskSpec("late", { tellsKilling: true, maxDurationMs: 1_000 }));
  driver.advance(1_000);
  assert.deepEqual(driver.containers.signals("late"), ["KILL"]);
  kill(driver);
  kill(driver, 500);
  assert.deepEqual(
    driver.readUpdates().map(({ taskId, state, source, reason }) => [taskId, state, source, reason]),
    [["web", "killing", "executor", undefined]],
  );
  driver.acknowledgeAll();
  driver.containers.end("late", { kind: "signal", signal: 9 });
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  assert.deepEqual(
    driver
      .readUpdates()
      .map(({ taskId, state }) => [taskId, state])
      .toSorted(),
    [
      ["late", "failed"],
      ["web", "killed"],
    ],
  );
});
