/**
 * Custom executors when their agent dies and comes back (rows 17 and 23): they have a moment to return, say what
 * they know, and nothing is lost, repeated or left behind.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { executorId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import {
  agentConfig,
  executorSpec,
  executorUpdate,
  ourFramework,
  taskSpec,
} from "../../../test/support/agent-fixtures.ts";

function working(config = agentConfig): AgentDriver {
  const driver = AgentDriver.registered(config);
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.containers.start("exec");
  driver.deliver();
  driver.subscribe("exec");
  driver.update("exec", executorUpdate("a", "running"));
  driver.acknowledgeAll();
  driver.read();
  return driver;
}

function restart(driver: AgentDriver): void {
  driver.crash();
  driver.deliver();
}

const last = (driver: AgentDriver, id: string) => {
  const status = driver.task(id)?.latest;
  return [status?.state, status?.reason];
};

test("row 23: an executor that comes back in time goes on as if nothing had been", () => {
  const driver = working();
  const token = driver.executor("exec")?.token;
  restart(driver);
  driver.advance(limits.executorReregistrationMs - 1);
  const session = driver.subscribe("exec");
  driver.advance(3_600_000);
  assert.deepEqual(driver.containers.signals("exec"), []);
  assert.equal(driver.executor("exec")?.token, token);
  assert.deepEqual(
    driver.heardOn(session).map(({ type }) => type),
    ["subscribed", "heartbeat", "heartbeat"],
  );
  assert.deepEqual(last(driver, "a"), ["running", undefined]);
});

test("row 23: one that does not come back within 2 s is killed, and its tasks are gone", () => {
  const driver = working();
  restart(driver);
  driver.advance(limits.executorReregistrationMs - 1);
  assert.deepEqual(driver.containers.signals("exec"), []);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
  // Too late: it is told to go.
  const session = driver.subscribe("exec");
  assert.deepEqual(driver.heardOn(session), [{ type: "shutdown" }]);
  driver.containers.end("exec", { kind: "signal", signal: 9 });
  driver.deliver();
  assert.deepEqual(last(driver, "a"), ["gone", "executor-reregistration-timeout"]);
  assert.match(driver.task("a")?.latest?.message ?? "", /^Executor did not reregister within 2secs\./);
});

test("the operator may give executors another while to come and to come back", () => {
  const executorTimeouts = { registrationMs: 5_000, reregistrationMs: 15_000 };
  const driver = working({ ...agentConfig, executorTimeouts });
  driver.runAt(executorSpec("slow"), [taskSpec("b")]);
  driver.containers.start("slow");
  driver.deliver();
  driver.advance(5_000);
  assert.deepEqual(driver.containers.signals("slow"), ["KILL"]);
  restart(driver);
  driver.advance(14_999);
  assert.deepEqual(driver.containers.signals("exec"), []);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
});

test("row 17: a task that was launched as the agent died and that its executor does not know is dropped", () => {
  const driver = working();
  driver.runAt(executorSpec("exec"), [taskSpec("b")], "before-effects");
  driver.deliver();
  driver.subscribe("exec");
  const status = driver.task("b")?.latest;
  assert.deepEqual([status?.state, status?.reason], ["dropped", "agent-restarted"]);
  assert.equal(status?.message, "Task launched during agent restart");
  assert.deepEqual(last(driver, "a"), ["running", undefined]);
});

test("row 17: one that its executor does know, though nobody heard of it yet, goes on", () => {
  const driver = working();
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  restart(driver);
  driver.subscribe("exec", { tasks: ["b"] });
  assert.equal(driver.task("b")?.state, "staging");
  driver.update("exec", executorUpdate("b", "running"));
  assert.equal(driver.task("b")?.state, "running");
});

test("row 17: an executor that never heard of a task before the agent died is not kept", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.containers.start("exec");
  driver.deliver();
  restart(driver);
  const session = driver.subscribe("exec");
  assert.deepEqual(last(driver, "a"), ["dropped", "agent-restarted"]);
  assert.deepEqual(
    driver.heardOn(session).map(({ type }) => type),
    ["subscribed", "shutdown"],
  );
});

test("one that was still starting has its whole minute from the agent's return", () => {
  for (const hadNews of [true, false]) {
    const driver = AgentDriver.registered();
    driver.runAt(executorSpec("exec"), [taskSpec("a")]);
    if (hadNews) {
      driver.containers.start("exec");
      driver.deliver();
    }
    driver.advance(30_000);
    driver.crash("run");
    driver.deliver();
    driver.advance(limits.executorRegistrationMs - 1);
    assert.deepEqual(driver.containers.signals("exec"), []);
    driver.advance(1);
    assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
  }
});

test("updates that the agent never took come with the subscription, each once", () => {
  const driver = working();
  restart(driver);
  const updates = [
    executorUpdate("a", "running"),
    executorUpdate("a", "running", { updateId: "more" as never }),
    executorUpdate("a", "finished"),
  ];
  const session = driver.subscribe("exec", { updates });
  const [stream] = driver.storedStreams();
  assert.deepEqual(
    stream?.pending.map(({ updateId }) => updateId),
    ["more", "a-finished"],
  );
  assert.deepEqual(
    driver.heardOn(session).map(({ type }) => type),
    ["subscribed", "acknowledged", "acknowledged", "acknowledged"],
  );
});

test("an executor that ended while the agent was away is noticed, and one whose host was restarted", () => {
  const exit = { kind: "code", code: 4 } as const;
  const ended = working();
  ended.containers.end("exec", exit);
  restart(ended);
  assert.deepEqual(last(ended, "a"), ["failed", "executor-terminated"]);
  assert.match(ended.task("a")?.latest?.message ?? "", /status 4/);

  const vanished = working();
  vanished.containers.vanish();
  restart(vanished);
  assert.deepEqual(last(vanished, "a"), ["failed", "executor-terminated"]);
  vanished.open();
  const [register] = vanished.read();
  assert(register?.type === "register");
  assert.deepEqual([register.executors, vanished.storedExecutors()], [[], []]);
});

test("an executor whose launch was noted and perhaps never happened is given up, with its tasks", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a"), taskSpec("b")], "before-effects");
  driver.deliver();
  assert.deepEqual(driver.containers.launches, []);
  assert.deepEqual(last(driver, "a"), ["dropped", "agent-restarted"]);
  assert.deepEqual(last(driver, "b"), ["dropped", "agent-restarted"]);
  assert.deepEqual(driver.storedExecutors(), []);
});

test("an executor that subscribed before the news of its start came did start: its tasks were not dropped", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.subscribe("exec");
  driver.containers.vanish();
  restart(driver);
  assert.deepEqual(last(driver, "a"), ["failed", "executor-terminated"]);
});

test("a shutdown goes on after a crash: TERM within the grace, KILL after it", () => {
  const driver = working();
  const key = { frameworkId: ourFramework, executorId: executorId("exec") };
  driver.master({ type: "shutdown-executor", ...key });
  driver.advance(1_000);
  restart(driver);
  assert.deepEqual(driver.containers.signals("exec"), ["TERM"]);
  driver.advance(4_000);
  assert.deepEqual(driver.containers.signals("exec"), ["TERM", "KILL"]);
});

test("a kill that was noted is told when the executor comes back", () => {
  const driver = working();
  driver.kill("a", 7_000, "before-effects");
  driver.deliver();
  const session = driver.subscribe("exec");
  assert.deepEqual(driver.heardOn(session).at(-1), { type: "kill", taskId: "a", graceMs: 7_000 });
});

test("what its container may use is told again, for nobody knows what it was told last", () => {
  const driver = working();
  const before = driver.containers.updates("exec").length;
  restart(driver);
  assert.equal(driver.containers.updates("exec").length, before + 1);
  assert.deepEqual(driver.containers.updates("exec").at(-1)?.resources, resources({ cpus: 1.5, mem: 96 }));
});

test("before recovery is over nobody may subscribe", () => {
  const driver = working();
  driver.crash();
  const session = driver.subscribe("exec");
  assert.deepEqual([driver.heardOn(session), driver.closedSessions.at(-1)], [[], session]);
  driver.deliver();
  assert.equal(driver.heardOn(driver.subscribe("exec")).length, 1);
});

test("stopping before recovery is over ends executors when it is", () => {
  const driver = working();
  driver.crash();
  driver.submit({ type: "stop-tasks" });
  driver.deliver();
  assert.deepEqual(driver.containers.signals("exec"), ["TERM"]);
  assert.equal(driver.stoppedCount, 0);
});
