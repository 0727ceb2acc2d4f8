/**
 * Groups of tasks under the default executor: containers of their own in one sandbox, started together, and
 * ended together when one of them ends badly.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { executorId } from "#model/ids.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { agentConfig, executorSpec, ourFramework, taskSpec } from "../../../test/support/agent-fixtures.ts";

const pod = executorSpec("pod", { kind: "default", command: undefined });

function running(...tasks: readonly string[]): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runGroup(
    pod,
    tasks.map((id) => taskSpec(id)),
  );
  for (const id of tasks) driver.containers.start(id);
  driver.deliver();
  driver.acknowledgeAll();
  driver.read();
  return driver;
}

function end(driver: AgentDriver, id: string, code: number): void {
  driver.containers.end(id, { kind: "code", code });
  driver.deliver();
}

const state = (driver: AgentDriver, id: string) => driver.task(id)?.state;

test("a group's tasks are launched together, each in a container of its own in the executor's sandbox", () => {
  const driver = AgentDriver.registered();
  driver.runGroup(pod, [taskSpec("a"), taskSpec("b")]);
  assert.deepEqual(driver.containers.launches, ["a", "b"]);
  const spec = driver.containers.spec("a");
  assert.deepEqual([spec.executorId, spec.nestedTaskId], ["pod", "a"]);
  assert.deepEqual([spec.env.MESOS_TASK_ID, spec.env.MESOS_EXECUTOR_ID], ["a", "pod"]);
  assert.notEqual(driver.containerOf("a"), driver.containerOf("b"));
  assert.deepEqual(
    driver.storedExecutors().map((held) => [held.spec.kind, held.token]),
    [["default", ""]],
  );
});

test("all of a group is refused when one of it is, and the master hears that there is no executor", () => {
  const driver = AgentDriver.registered();
  driver.runGroup(pod, [taskSpec("a"), taskSpec("b", { user: "root" })]);
  assert.deepEqual(driver.containers.launches, []);
  const messages = driver.read();
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["update", "update", "executor-ended"],
  );
  for (const id of ["a", "b"])
    assert.deepEqual(
      [driver.task(id)?.latest?.state, driver.task(id)?.latest?.reason],
      ["error", "task-group-unauthorized"],
    );
  driver.acknowledgeAll();
  assert.deepEqual([driver.storedTasks(), driver.storedExecutors()], [[], []]);
});

test("one that finishes leaves the others running; the executor is gone with the last", () => {
  const driver = running("a", "b");
  end(driver, "a", 0);
  assert.deepEqual([state(driver, "a"), state(driver, "b")], ["finished", "running"]);
  assert.deepEqual(driver.containers.signals("b"), []);
  assert.notEqual(driver.executor("pod"), undefined);
  driver.read();
  end(driver, "b", 0);
  const ended = driver.read().find(({ type }) => type === "executor-ended");
  assert.deepEqual(ended, {
    type: "executor-ended",
    frameworkId: ourFramework,
    executorId: "pod",
    end: { exit: { kind: "code", code: 0 }, message: "All of its tasks have ended" },
  });
  assert.equal(driver.executor("pod"), undefined);
  driver.acknowledgeAll();
  assert.deepEqual([...driver.state.sandboxes.keys()], ["m-0000/pod"]);
});

test("one that fails takes its group with it, and no other group of the executor", () => {
  const driver = running("a", "b");
  driver.runGroup(pod, [taskSpec("c"), taskSpec("d")]);
  assert.deepEqual(driver.containers.launches, ["a", "b", "c", "d"]);
  for (const id of ["c", "d"]) driver.containers.start(id);
  driver.deliver();
  end(driver, "a", 1);
  assert.deepEqual(driver.containers.signals("b"), ["TERM"]);
  assert.deepEqual(driver.containers.signals("c"), []);
  driver.advance(3_000);
  assert.deepEqual(driver.containers.signals("b"), ["TERM", "KILL"]);
  end(driver, "b", 0);
  assert.equal(state(driver, "a"), "failed");
  assert.equal(state(driver, "b"), "killed");
  assert.match(
    driver.task("b")?.latest?.message ?? "",
    /^Killed because task a of its group ended as failed\. /,
  );
  assert.deepEqual([state(driver, "c"), state(driver, "d")], ["running", "running"]);
});

test("one that is killed takes its group with it", () => {
  const driver = running("a", "b", "c");
  driver.kill("b");
  assert.deepEqual(driver.containers.signals("a"), []);
  end(driver, "b", 0);
  assert.deepEqual([driver.containers.signals("a"), driver.containers.signals("c")], [["TERM"], ["TERM"]]);
});

test("one that cannot be launched takes the rest of its group with it, launched or not", () => {
  const driver = AgentDriver.registered();
  driver.runGroup(pod, [taskSpec("a"), taskSpec("b")]);
  driver.containers.failToStart("a", "no space left");
  driver.deliver();
  assert.equal(state(driver, "a"), "failed");
  assert.deepEqual(driver.containers.signals("b"), ["KILL"]);
  driver.containers.start("b");
  driver.deliver();
  assert.deepEqual(driver.containers.signals("b"), ["KILL", "KILL"]);
  end(driver, "b", 137);
  assert.deepEqual([state(driver, "b"), driver.executor("pod")], ["killed", undefined]);
});

test("a group's id is used again when its old sandbox is gone; a kill meanwhile ends all of it", () => {
  const driver = running("a", "b");
  end(driver, "a", 0);
  end(driver, "b", 0);
  driver.acknowledgeAll();
  driver.runGroup(pod, [taskSpec("a"), taskSpec("b")]);
  driver.runGroup(pod, [taskSpec("c")]);
  assert.deepEqual(driver.containers.launches, ["a", "b"]);
  driver.kill("a");
  assert.deepEqual(
    [state(driver, "a"), state(driver, "b"), state(driver, "c")],
    ["killed", "killed", "staging"],
  );
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["a", "b", "c"]);
});

test("a shutdown of the default executor kills its tasks and lets no more in", () => {
  const driver = running("a", "b");
  const shutdown = { frameworkId: ourFramework, executorId: executorId("pod") };
  driver.master({ type: "shutdown-executor", ...shutdown });
  assert.deepEqual([driver.containers.signals("a"), driver.containers.signals("b")], [["TERM"], ["TERM"]]);
  driver.runGroup(pod, [taskSpec("late")]);
  assert.deepEqual(
    [state(driver, "late"), driver.task("late")?.latest?.message],
    ["dropped", "Executor terminating"],
  );
  end(driver, "a", 0);
  end(driver, "b", 0);
  assert.deepEqual([state(driver, "a"), driver.executor("pod")], ["killed", undefined]);
});

test("a group goes on through a crash, and one that came half into being is ended", () => {
  const driver = running("a", "b");
  driver.crash();
  driver.deliver();
  assert.deepEqual([state(driver, "a"), state(driver, "b")], ["running", "running"]);
  driver.open();
  const [register] = driver.read();
  assert(register?.type === "register");
  assert.deepEqual(
    register.executors.map(({ spec }) => spec.executorId),
    ["pod"],
  );

  const half = AgentDriver.registered();
  half.runGroup(pod, [taskSpec("c"), taskSpec("d")]);
  half.containers.start("c");
  half.crash("vanish");
  half.deliver();
  assert.equal(state(half, "d"), "dropped");
  assert.deepEqual(half.containers.signals("c"), ["TERM"]);
});

test("nobody may subscribe as the default executor", () => {
  const driver = running("a");
  const session = driver.subscribe("pod");
  assert.deepEqual(driver.heardOn(session), [{ type: "shutdown" }]);
});

test("stopping kills a group's tasks and is over when its executor is", () => {
  const driver = running("a", "b");
  driver.submit({ type: "stop-tasks" });
  end(driver, "a", 0);
  assert.equal(driver.stoppedCount, 0);
  end(driver, "b", 0);
  assert.equal(driver.stoppedCount, 1);
});

test("a task that runs for longer than it may is killed, and has failed; a restart does not give it more", () => {
  const driver = AgentDriver.registered({ ...agentConfig, masterTimeoutMs: 3_600_000 });
  driver.runGroup(pod, [taskSpec("a", { maxDurationMs: 60_000 }), taskSpec("b")]);
  for (const id of ["a", "b"]) driver.containers.start(id);
  driver.deliver();
  driver.advance(40_000);
  driver.crash();
  driver.deliver();
  driver.advance(19_999);
  assert.deepEqual(driver.containers.signals("a"), []);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("a"), ["KILL"]);
  end(driver, "a", 0);
  const status = driver.task("a")?.latest;
  assert.deepEqual([status?.state, status?.reason], ["failed", "max-completion-time-reached"]);
  assert.match(status?.message ?? "", /^Killed because it ran for longer than the 60 s that it may take/);
  assert.deepEqual(driver.containers.signals("b"), ["TERM"]);
});

test("a command task that ends in time is not killed for its duration", () => {
  const driver = AgentDriver.registered({ ...agentConfig, masterTimeoutMs: 3_600_000 });
  driver.runToRunning(taskSpec("web", { maxDurationMs: 10_000 }));
  end(driver, "web", 0);
  driver.acknowledgeAll();
  assert.equal(driver.wakesInMs(), 3_600_000);
});

test("a group is not another one whose first task had the same id", () => {
  const driver = running("a", "b");
  end(driver, "a", 0);
  driver.acknowledgeAll();
  driver.advance(1);
  driver.runGroup(pod, [taskSpec("a"), taskSpec("c")]);
  for (const id of ["a", "c"]) driver.containers.start(id);
  driver.deliver();
  end(driver, "a", 1);
  assert.deepEqual([driver.task("b")?.killing, driver.task("c")?.killing?.cause], [undefined, "group"]);
});
