/**
 * How a custom executor is made to end: asked on its session, or by TERM where it has none, and killed when its
 * grace is over; for its framework, and when the whole agent stops or is refused.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { executorId } from "#model/ids.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import {
  executorSpec,
  executorUpdate,
  ourFramework,
  taskSpec,
} from "../../../test/support/agent-fixtures.ts";

function started(): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a", { command: undefined })]);
  driver.containers.start("exec", 77);
  driver.deliver();
  return driver;
}

const shutdown = (driver: AgentDriver): void =>
  driver.master({
    type: "shutdown-executor",
    frameworkId: ourFramework,
    executorId: executorId("exec"),
  });

const ends = (driver: AgentDriver) =>
  driver.read().flatMap((message) => (message.type === "executor-ended" ? [message.end] : []));

test("a shutdown is said on its session, and the container killed when the grace is over", () => {
  const driver = started();
  const session = driver.subscribe("exec");
  shutdown(driver);
  driver.kill("a");
  assert.equal(driver.heardOn(session).at(-1)?.type, "shutdown");
  driver.advance(4_999);
  assert.deepEqual(driver.containers.signals("exec"), []);
  shutdown(driver);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
  driver.advance(limits.killRepeatMs);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL", "KILL"]);
  // It takes no more tasks, and tells nothing more.
  driver.read();
  driver.runAt(executorSpec("exec"), [taskSpec("late")]);
  const [dropped] = driver.readUpdates();
  assert.deepEqual([dropped?.state, dropped?.reason], ["dropped", "executor-terminated"]);
  assert.equal(dropped?.message, "Executor terminating");
  driver.containers.end("exec", { kind: "signal", signal: 9 });
  driver.deliver();
  assert.deepEqual(ends(driver), [
    {
      exit: { kind: "signal", signal: 9 },
      message: "Shut down on request. Command terminated with signal Killed",
    },
  ]);
});

test("what it says of its tasks while it shuts down counts", () => {
  const driver = started();
  driver.subscribe("exec");
  shutdown(driver);
  driver.update("exec", executorUpdate("a", "killed"));
  driver.containers.end("exec", { kind: "code", code: 0 });
  driver.deliver();
  assert.deepEqual(driver.task("a")?.latest?.state, "killed");
});

test("one that is shut down before it has subscribed gets TERM, then KILL", () => {
  const driver = started();
  shutdown(driver);
  assert.deepEqual(driver.containers.signals("exec"), ["TERM"]);
  driver.advance(5_000);
  assert.deepEqual(driver.containers.signals("exec"), ["TERM", "KILL"]);
});

test("one that is shut down while it is launched is killed when it stands, and told to go if it comes first", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  shutdown(driver);
  const session = driver.subscribe("exec");
  assert.deepEqual(
    driver.heardOn(session).map(({ type }) => type),
    ["shutdown"],
  );
  assert.deepEqual(driver.closedSessions, [session]);
  driver.containers.start("exec");
  driver.deliver();
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
});

test("a shutdown of an executor that is not held is answered with a report that says so", () => {
  const driver = AgentDriver.registered();
  shutdown(driver);
  const [report] = driver.read();
  assert(report?.type === "report");
  assert.deepEqual(report.executors, []);
});

test("stopping asks executors to end, with a short grace, and waits for them", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec", { shutdownGraceMs: 60_000 }), [taskSpec("a")]);
  driver.containers.start("exec");
  driver.deliver();
  const session = driver.subscribe("exec");
  driver.submit({ type: "stop-tasks" });
  assert.equal(driver.heardOn(session).at(-1)?.type, "shutdown");
  driver.advance(limits.stopGraceMaxMs);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
  driver.containers.end("exec", { kind: "signal", signal: 9 });
  driver.submitNext();
  assert.equal(driver.stoppedCount, 0);
  driver.deliver();
  assert.equal(driver.stoppedCount, 1);
});

test("stopping waits for an executor that has nothing to do, too", () => {
  const driver = started();
  driver.subscribe("exec");
  driver.update("exec", executorUpdate("a", "finished"));
  driver.acknowledgeAll();
  driver.submit({ type: "stop-tasks" });
  assert.equal(driver.stoppedCount, 0);
  driver.containers.end("exec", { kind: "code", code: 0 });
  driver.deliver();
  assert.equal(driver.stoppedCount, 1);
});

test("a refused agent ends its executors in silence before it comes back as a new one", () => {
  const driver = started();
  driver.read();
  driver.master({ type: "refused", reason: "marked gone" });
  assert.deepEqual(driver.containers.signals("exec"), ["TERM"]);
  assert.deepEqual(driver.reconnects, []);
  driver.containers.end("exec", { kind: "signal", signal: 15 });
  driver.deliver();
  assert.deepEqual(driver.read(), []);
  assert.equal(driver.reconnects.length, 1);
  assert.deepEqual([driver.storedTasks(), driver.storedExecutors()], [[], []]);
});
