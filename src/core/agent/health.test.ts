import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandCheck } from "#model/task.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";

const check: CommandCheck = {
  command: { kind: "shell", text: "curl -f localhost" },
  delayMs: 2_000,
  intervalMs: 5_000,
  timeoutMs: 1_000,
  gracePeriodMs: 0,
  maxConsecutiveFailures: 3,
};

function running(change: Partial<CommandCheck> = {}): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web", { healthCheck: { ...check, ...change } }));
  return driver;
}

const checksAsked = (driver: AgentDriver): number =>
  driver.containers.asked.filter((effect) => effect.type === "check").length;

/** Lets the next check come due and answers it; tells the updates that follow. */
function answerNext(driver: AgentDriver, ok: boolean, message = "") {
  driver.advance(driver.wakesInMs() ?? 0);
  driver.containers.answerCheck("web", ok, message);
  driver.deliver();
  const updates = driver.readUpdates();
  driver.acknowledgeAll();
  driver.read();
  return updates.map(({ state, healthy, reason }) => ({ state, healthy, reason }));
}

const changed = (healthy: boolean) => [{ state: "running", healthy, reason: "health-check-status-updated" }];

test("the first check comes after the delay, each other an interval after the result before", () => {
  const driver = running();
  driver.advance(1_999);
  assert.equal(checksAsked(driver), 0);
  driver.advance(1);
  assert.equal(checksAsked(driver), 1);
  driver.advance(700);
  assert.equal(checksAsked(driver), 1);
  driver.containers.answerCheck("web", true);
  driver.deliver();
  driver.advance(4_999);
  assert.equal(checksAsked(driver), 1);
  driver.advance(1);
  assert.equal(checksAsked(driver), 2);
});

test("each failure is announced, and the first success after none or after failures", () => {
  const driver = running();
  assert.deepEqual(answerNext(driver, true), changed(true));
  assert.deepEqual(answerNext(driver, true), []);
  assert.deepEqual(answerNext(driver, false), changed(false));
  assert.deepEqual(answerNext(driver, false), changed(false));
  assert.deepEqual(answerNext(driver, true), changed(true));
  assert.deepEqual(answerNext(driver, true), []);
});

test("too many failures in a row kill the task, which ends as killed and unhealthy, saying why", () => {
  const driver = running();
  answerNext(driver, true);
  answerNext(driver, false);
  answerNext(driver, false);
  answerNext(driver, true);
  answerNext(driver, false);
  answerNext(driver, false);
  assert.deepEqual(driver.containers.signals("web"), []);
  answerNext(driver, false, "connection refused");
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  const [killed] = driver.readUpdates();
  assert.equal(killed?.state, "killed");
  assert.equal(killed.healthy, false);
  assert.equal(
    killed.message,
    "Killed because its health check failed 3 times in a row: connection refused. Command exited with status 0",
  );
});

for (const maxConsecutiveFailures of [0, 1]) {
  test(`a check that allows ${maxConsecutiveFailures} failures kills at the first`, () => {
    const driver = running({ maxConsecutiveFailures });
    assert.deepEqual(answerNext(driver, false), changed(false));
    assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  });
}

test("failures in the grace period do not count before the first success, and do after it", () => {
  const patient = running({ gracePeriodMs: 30_000, maxConsecutiveFailures: 1 });
  for (let round = 0; round < 5; round += 1) assert.deepEqual(answerNext(patient, false), []);
  assert.deepEqual(patient.containers.signals("web"), []);
  answerNext(patient, false);
  assert.deepEqual(patient.containers.signals("web"), []);
  assert.deepEqual(answerNext(patient, false), changed(false));
  assert.deepEqual(patient.containers.signals("web"), ["TERM"]);

  const passed = running({ gracePeriodMs: 30_000, maxConsecutiveFailures: 1 });
  assert.deepEqual(answerNext(passed, true), changed(true));
  assert.deepEqual(answerNext(passed, false), changed(false));
  assert.deepEqual(passed.containers.signals("web"), ["TERM"]);
});

test("a task that is being killed, or has ended, is not checked, and a late result changes nothing", () => {
  const driver = running({ maxConsecutiveFailures: 1 });
  driver.advance(2_000);
  driver.kill("web", 60_000);
  driver.containers.answerCheck("web", false);
  driver.deliver();
  driver.advance(30_000);
  assert.equal(checksAsked(driver), 1);
  assert.deepEqual(driver.readUpdates(), []);
  assert.equal(driver.storedTasks()[0]?.killing?.cause, "request");
});

test("health and grace outlive a crash, the count of failures starts anew", () => {
  const driver = running({ gracePeriodMs: 1_000, maxConsecutiveFailures: 2 });
  answerNext(driver, true);
  answerNext(driver, false);
  driver.crash();
  driver.deliver();
  driver.join();
  assert.deepEqual(answerNext(driver, false), changed(false));
  assert.deepEqual(driver.containers.signals("web"), []);
  answerNext(driver, false);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
});
