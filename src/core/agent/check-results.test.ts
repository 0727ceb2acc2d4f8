import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckResult, Probe, TaskCheck, TaskHealthCheck } from "#model/task.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";

const times = { delayMs: 2_000, intervalMs: 5_000, timeoutMs: 1_000 };
const http: Probe = { http: { scheme: "http", port: 80, path: "/", family: "IPv4" } };
const tcp: Probe = { tcp: { port: 80, family: "IPv6" } };
const command: Probe = { command: { kind: "shell", text: "look" }, env: { A: "1" } };

function running(check: TaskCheck | undefined, healthCheck?: TaskHealthCheck): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web", { check, healthCheck }));
  return driver;
}

/** Lets the next check come due and answers it; tells the updates that follow. */
function answerNext(driver: AgentDriver, result: CheckResult | undefined) {
  driver.advance(driver.wakesInMs() ?? 0);
  driver.containers.answerCheck("web", true, "", result);
  driver.deliver();
  return told(driver);
}

function told(driver: AgentDriver) {
  const updates = driver.readUpdates();
  driver.acknowledgeAll();
  driver.read();
  return updates.map(({ state, reason, checkResult, healthy }) => ({ state, reason, checkResult, healthy }));
}

const changed = (checkResult: CheckResult) => [
  { state: "running", reason: "task-check-status-updated", checkResult, healthy: undefined },
];

for (const [probe, first, second] of [
  [command, { kind: "command", exitCode: 0 }, { kind: "command", exitCode: 3 }],
  [http, { kind: "http", statusCode: 200 }, { kind: "http", statusCode: 503 }],
  [tcp, { kind: "tcp", succeeded: false }, { kind: "tcp", succeeded: true }],
] as const) {
  test(`a check by ${first.kind} tells what it finds when that is something else than before`, () => {
    const driver = AgentDriver.registered();
    driver.runToRunning(taskSpec("web", { check: { ...probe, ...times } }));
    assert.deepEqual(answerNext(driver, undefined), [], "it has told that it found nothing");
    assert.deepEqual(answerNext(driver, first), changed(first));
    assert.deepEqual(answerNext(driver, first), []);
    assert.deepEqual(answerNext(driver, second), changed(second));
    assert.deepEqual(answerNext(driver, undefined), changed({ kind: first.kind }));
    assert.deepEqual(driver.containers.signals("web"), [], "nothing comes of it");
    const asked = driver.containers.checkAsked("web");
    assert.deepEqual([asked?.probe, asked?.timeoutMs], [probe, 1_000]);
  });
}

test("the first status and the last one of a task with a check say so, and that nothing was found", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web", { check: { ...tcp, ...times } }));
  driver.containers.start("web");
  driver.deliver();
  assert.deepEqual(
    told(driver).map(({ checkResult }) => checkResult),
    [{ kind: "tcp" }],
  );
  answerNext(driver, { kind: "tcp", succeeded: true });
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  assert.deepEqual(
    told(driver).map(({ state, checkResult }) => [state, checkResult]),
    [["finished", { kind: "tcp" }]],
  );
});

test("a check and a health check go their own ways, and each status says what both last said", () => {
  const health = { ...http, ...times, delayMs: 3_000, gracePeriodMs: 0, maxConsecutiveFailures: 2 };
  const driver = running({ ...tcp, ...times }, health);
  const succeeded = { kind: "tcp", succeeded: true } as const;
  assert.deepEqual(answerNext(driver, succeeded), changed(succeeded));
  driver.advance(1_000);
  driver.containers.answerCheck("web", false, "", { kind: "http", statusCode: 500 });
  driver.deliver();
  assert.deepEqual(told(driver), [
    { state: "running", reason: "health-check-status-updated", checkResult: succeeded, healthy: false },
  ]);
  const failed = { kind: "tcp", succeeded: false } as const;
  driver.advance(4_000);
  driver.containers.answerCheck("web", false, "", failed);
  driver.deliver();
  assert.deepEqual(told(driver), [
    { state: "running", reason: "task-check-status-updated", checkResult: failed, healthy: false },
  ]);
});

test("a check's result outlives a crash; what came of a task that is being killed is not told", () => {
  const driver = running({ ...tcp, ...times });
  const succeeded = { kind: "tcp", succeeded: true } as const;
  answerNext(driver, succeeded);
  driver.crash();
  driver.deliver();
  driver.join();
  assert.deepEqual(answerNext(driver, succeeded), []);
  driver.advance(5_000);
  driver.kill("web", 60_000);
  driver.containers.answerCheck("web", false, "", { kind: "tcp", succeeded: false });
  driver.deliver();
  assert.deepEqual(told(driver), []);
});
