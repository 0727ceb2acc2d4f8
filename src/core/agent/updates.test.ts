import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { staleUpdateId, taskSpec } from "../../../test/support/agent-fixtures.ts";

function runningUnacknowledged(): AgentDriver {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.start("web");
  driver.deliver();
  return driver;
}

const pingEvery = (driver: AgentDriver, stepMs: number, untilMs: number): void => {
  for (let passedMs = 0; passedMs < untilMs; passedMs += stepMs) {
    driver.advance(stepMs);
    driver.master({ type: "ping" });
  }
};

test("an update is resent after 10 s, doubling to 10 min, until it is acknowledged", () => {
  const driver = runningUnacknowledged();
  const startMs = driver.nowMs;
  const times: number[] = [];
  const ids = new Set<string | undefined>();
  driver.onSend = ({ message }) => {
    if (message.type !== "update") return;
    times.push((driver.nowMs - startMs) / 1_000);
    ids.add(message.status.updateId);
  };
  pingEvery(driver, 10_000, 2_600_000);
  assert.deepEqual(times, [10, 30, 70, 150, 310, 630, 1_230, 1_830, 2_430]);
  assert.equal(ids.size, 1);
  driver.acknowledgeAll();
  pingEvery(driver, 10_000, 1_300_000);
  assert.equal(times.length, 9);
});

test("one update of a task is in flight; the next follows the acknowledgement at once", () => {
  const driver = runningUnacknowledged();
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  const [running, ...more] = driver.readUpdates();
  assert.equal(running?.state, "running");
  assert.deepEqual(more, []);
  driver.acknowledge(running);
  const [finished] = driver.readUpdates();
  assert.equal(finished?.state, "finished");
  assert.equal(driver.wakesInMs(), limits.updateRetryInitialMs);
});

test("an update that waits says the task's newest state beside its own", () => {
  const driver = runningUnacknowledged();
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.read();
  driver.advance(limits.updateRetryInitialMs);
  const [update] = driver.read();
  assert(update?.type === "update");
  assert.equal(update.status.state, "running");
  assert.equal(update.latestState, "finished");
});

test("a new registration sends every first update at once and starts its pauses anew", () => {
  const driver = runningUnacknowledged();
  const before = driver.readUpdates();
  driver.advance(limits.updateRetryInitialMs);
  assert.deepEqual(driver.readUpdates(), before);
  driver.cut();
  assert.equal(driver.wakesInMs(), undefined);
  driver.advance(3_600_000);
  driver.open();
  assert.deepEqual(driver.readUpdates(), []);
  driver.register();
  assert.deepEqual(driver.readUpdates(), before);
  driver.advance(limits.updateRetryInitialMs - 1);
  driver.register();
  assert.deepEqual(driver.readUpdates(), []);
  driver.advance(1);
  assert.deepEqual(driver.readUpdates(), before);
});

test("what happens while the agent is not registered is told when it is", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.start("web");
  driver.open();
  driver.deliver();
  assert.deepEqual(driver.readUpdates(), []);
  driver.register();
  assert.equal(driver.readUpdates()[0]?.state, "running");
});

test("an update survives a crash as it was, and is sent in the next session", () => {
  const driver = runningUnacknowledged();
  const [before] = driver.readUpdates();
  driver.crash();
  driver.deliver();
  driver.open();
  driver.register();
  const [after] = driver.readUpdates();
  assert.deepEqual({ ...after }, JSON.parse(JSON.stringify(before)));
});

test("the acknowledgement of the last, terminal update forgets the task and keeps its files", () => {
  const driver = runningUnacknowledged();
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.acknowledgeAll();
  assert.deepEqual(driver.storedTasks(), []);
  assert.deepEqual(driver.storedStreams(), []);
  assert.equal(driver.sandbox("web")?.removing, false);
});

test("an acknowledgement of something else, or repeated, changes nothing", () => {
  const driver = runningUnacknowledged();
  const [running] = driver.readUpdates();
  assert(running?.updateId !== undefined);
  driver.acknowledgeUpdate("web", staleUpdateId);
  assert.equal(driver.storedStreams().length, 1);
  driver.acknowledge(running);
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  driver.acknowledge(running);
  assert.deepEqual(
    driver.storedStreams()[0]?.pending.map(({ state }) => state),
    ["finished"],
  );
  driver.acknowledgeUpdate("ghost", staleUpdateId);
});

test("a stream that is full drops old changes of health, never the one in flight or the newest", () => {
  const driver = AgentDriver.registered();
  driver.run(
    taskSpec("web", {
      healthCheck: {
        command: { kind: "shell", text: "true" },
        delayMs: 0,
        intervalMs: 1_000,
        timeoutMs: 500,
        gracePeriodMs: 0,
        maxConsecutiveFailures: 100,
      },
    }),
  );
  driver.containers.start("web");
  driver.deliver();
  for (let round = 0; round < 100; round += 1) {
    driver.advance(1_000);
    driver.containers.answerCheck("web", round % 2 === 0, `round ${round}`);
    driver.deliver();
  }
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  const pending = driver.storedStreams()[0]?.pending ?? [];
  assert.equal(pending.length, limits.updatesUnackedPerTaskMax);
  assert.equal(pending[0]?.message, "");
  assert.equal(pending.at(-2)?.message, "round 99");
  assert.equal(pending.at(-1)?.state, "finished");
});

test("messages are cut to their limit", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.failToStart("web", "x".repeat(limits.updateMessageLengthMax + 1));
  driver.deliver();
  assert.equal(driver.readUpdates()[0]?.message.length, limits.updateMessageLengthMax);
});
