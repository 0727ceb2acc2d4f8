/**
 * The tasks of a custom executor: delivered when it listens, killed by it, and messages both ways.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { executorId, type SessionId } from "#model/ids.ts";
import type { ExecutorEvent } from "#model/protocol/executor.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import {
  executorSpec,
  executorUpdate,
  ourFramework,
  taskSpec,
} from "../../../test/support/agent-fixtures.ts";

function started(...tasks: readonly string[]): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runAt(
    executorSpec("exec"),
    tasks.map((id) => taskSpec(id, { command: undefined, handed: `handed-${id}` })),
  );
  driver.containers.start("exec");
  driver.deliver();
  return driver;
}

/** `launch a`, `kill b` … */
const told = (driver: AgentDriver, session: SessionId): readonly string[] =>
  driver.heardOn(session).map(inShort);

function inShort(event: ExecutorEvent): string {
  if (event.type === "launch") return `launch ${event.task.taskId}`;
  if (event.type === "launch-group")
    return `launch-group ${event.tasks.map(({ taskId }) => taskId).join(" ")}`;
  if (event.type === "kill") return `kill ${event.taskId} ${event.graceMs}`;
  if (event.type === "acknowledged") return `acknowledged ${event.updateId}`;
  return event.type;
}

const states = (driver: AgentDriver, id: string) =>
  driver.storedStreams().flatMap(({ taskId, pending }) => (taskId === id ? pending : []));

test("tasks wait until their executor subscribes, and then come in their order", () => {
  const driver = started("a");
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  const session = driver.subscribe("exec");
  driver.runAt(executorSpec("exec"), [taskSpec("c")]);
  assert.deepEqual(told(driver, session), ["subscribed", "launch a", "launch b", "launch c"]);
  const [, launch] = driver.heardOn(session);
  assert(launch?.type === "launch");
  assert.equal(launch.task.handed, "handed-a");
  // Each once, also when it comes back knowing them.
  const again = driver.subscribe("exec", { tasks: ["a", "b", "c"] });
  assert.deepEqual(told(driver, again), ["subscribed"]);
  assert.deepEqual(driver.closedSessions, [session]);
});

test("a run that is repeated tells the executor nothing, and starts no other", () => {
  const driver = started("a");
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  const session = driver.subscribe("exec");
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.update("exec", executorUpdate("a", "finished"));
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  assert.deepEqual(told(driver, session), ["subscribed", "launch a", "acknowledged a-finished"]);
  assert.deepEqual(driver.containers.launches, ["exec"]);
});

test("a launch is durable before the executor is told", () => {
  const driver = started("a");
  const session = driver.subscribe("exec");
  driver.runAt(executorSpec("exec"), [taskSpec("b")], "before-effects");
  assert.deepEqual(told(driver, session), ["subscribed", "launch a"]);
  assert.deepEqual(
    driver
      .storedTasks()
      .map(({ spec }) => spec.taskId)
      .sort(),
    ["a", "b"],
  );
});

test("a subscription tells all that an executor starts from", () => {
  const driver = started("a");
  const session = driver.subscribe("exec");
  const [event] = driver.heardOn(session);
  assert(event?.type === "subscribed");
  assert.equal(event.executor.handed, executorSpec("exec").handed);
  assert.equal(event.framework.name, "ours");
  assert.deepEqual([event.frameworkId, event.agentId], ["m-0000", "m-S0"]);
  assert.equal(event.agent.hostname, "node1.example");
  assert.equal(event.containerId, driver.executor("exec")?.containerId);
});

test("while its session is closed tasks wait for the next", () => {
  const driver = started("a");
  const session = driver.subscribe("exec");
  driver.submit({ type: "executor-closed", session });
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  const next = driver.subscribe("exec", { tasks: ["a"] });
  assert.deepEqual(told(driver, next), ["subscribed", "launch b"]);
  // The end of an older session is none of the newer one's business.
  driver.submit({ type: "executor-closed", session });
  driver.runAt(executorSpec("exec"), [taskSpec("c")]);
  assert.equal(told(driver, next).at(-1), "launch c");
});

test("a group that a custom executor runs comes to it in one piece", () => {
  const driver = started("a");
  driver.runGroup(executorSpec("exec"), [taskSpec("g1"), taskSpec("g2")]);
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  const session = driver.subscribe("exec");
  assert.deepEqual(told(driver, session), ["subscribed", "launch a", "launch-group g1 g2", "launch b"]);
});

test("a kill is handed to the executor with its grace, each time that it is asked for", () => {
  const driver = started("a");
  const session = driver.subscribe("exec");
  driver.update("exec", executorUpdate("a", "running"));
  driver.kill("a");
  driver.kill("a", 9_000);
  assert.deepEqual(told(driver, session).slice(3), ["kill a undefined", "kill a 9000"]);
  assert.equal(driver.task("a")?.phase, "killing");
  // It is the executor's to carry out, however long that takes.
  driver.advance(50_000);
  assert.deepEqual(driver.containers.signals("exec"), []);
  driver.update("exec", executorUpdate("a", "killed"));
  assert.equal(driver.task("a")?.state, "killed");
  driver.kill("a");
  assert.equal(told(driver, session).filter((event) => event.startsWith("kill")).length, 2);
});

test("a kill that no session could carry is told when the executor comes back", () => {
  const driver = started("a");
  const session = driver.subscribe("exec");
  driver.update("exec", executorUpdate("a", "running"));
  driver.submit({ type: "executor-closed", session });
  driver.kill("a", 1_000);
  const next = driver.subscribe("exec");
  assert.deepEqual(told(driver, next), ["subscribed", "kill a 1000"]);
});

test("a task that its executor was not told of is killed here, and never told", () => {
  const driver = started("a", "b");
  driver.kill("a");
  const [killed] = states(driver, "a");
  assert.deepEqual(
    [killed?.state, killed?.reason, killed?.message],
    ["killed", "task-killed-during-launch", "Killed before delivery to the executor"],
  );
  const session = driver.subscribe("exec");
  assert.deepEqual(told(driver, session), ["subscribed", "launch b"]);
});

test("of a group that was not delivered, the kill of one kills all", () => {
  const driver = started("a");
  driver.runGroup(executorSpec("exec"), [taskSpec("g1"), taskSpec("g2")]);
  driver.kill("g2");
  for (const id of ["g1", "g2"]) {
    const [killed] = states(driver, id);
    assert.equal(killed?.state, "killed");
    assert.match(killed.message, /^A task within the task group was killed before delivery/);
  }
  assert.deepEqual(states(driver, "a"), []);
});

test("an executor whose tasks were all killed before it was told of one is shut down when it comes", () => {
  const driver = started("a");
  driver.kill("a");
  assert.notEqual(driver.executor("exec"), undefined);
  const session = driver.subscribe("exec");
  assert.deepEqual(told(driver, session), ["subscribed", "shutdown"]);
  driver.advance(5_000);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
});

test("an executor that has worked and has no task any more is left alone", () => {
  const driver = started("a");
  const session = driver.subscribe("exec");
  driver.update("exec", executorUpdate("a", "finished"));
  driver.acknowledgeAll();
  const next = driver.subscribe("exec");
  assert.deepEqual(told(driver, next), ["subscribed"]);
  assert.equal(told(driver, session).includes("shutdown"), false);
});

test("an executor that waits for room and loses its last task is given up", () => {
  const driver = started("a");
  driver.containers.end("exec", { kind: "code", code: 0 });
  driver.deliver();
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  driver.kill("b");
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["exec"]);
  assert.deepEqual(driver.storedExecutors(), []);
  assert.equal(driver.task("b")?.state, "killed");
});

test("the id of a task that is its own executor is not free for another executor, and the other way round", () => {
  const driver = started("a");
  driver.run(taskSpec("exec"));
  const [first] = states(driver, "exec");
  assert.equal(first?.state, "dropped");
  assert.equal(first.message, "Cannot reuse an already existing executor for a command task");
  driver.run(taskSpec("web"));
  driver.runAt(executorSpec("web"), [taskSpec("b")]);
  assert.deepEqual([states(driver, "b")[0]?.state, driver.executor("web")], ["dropped", undefined]);
  assert.deepEqual(driver.containers.launches, ["exec", "web"]);
});

test("a task of an executor that nobody describes and nobody runs is dropped", () => {
  const driver = AgentDriver.registered();
  driver.runAll([taskSpec("a", { executorId: executorId("exec") })], undefined);
  assert.equal(states(driver, "a")[0]?.state, "dropped");
  assert.equal(driver.read().at(-1)?.type, "executor-ended");
});

test("an executor has so many tasks and no more, and the agent so many executors", () => {
  const driver = started("a");
  const many = Array.from({ length: limits.tasksPerExecutorMax }, (_, index) => taskSpec(`t${index}`));
  driver.runAt(executorSpec("exec"), many.slice(1));
  driver.runAt(executorSpec("exec"), [taskSpec("more")]);
  assert.match(states(driver, "more")[0]?.message ?? "", /has 1000 tasks, and may have 1000/);
  for (let index = 1; index < limits.executorsPerAgentMax; index += 1)
    driver.runAt(executorSpec(`e${index}`), [taskSpec(`of-e${index}`)]);
  assert.equal(driver.state.executors.size, limits.executorsPerAgentMax);
  driver.runAt(executorSpec("one-more"), [taskSpec("of-one-more")]);
  assert.match(states(driver, "of-one-more")[0]?.message ?? "", /has 1000 executors already/);
});

test("an executor as root is refused where the operator does not allow it, whoever its tasks are", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec", { user: "root" }), [taskSpec("a")]);
  assert.equal(states(driver, "a")[0]?.reason, "task-unauthorized");
  assert.match(states(driver, "a")[0]?.message ?? "", /^Executor exec wants to run as user root/);
  driver.runAt(executorSpec("other"), [taskSpec("b", { user: "root" })]);
  assert.deepEqual(driver.containers.launches, ["other"]);
});

test("a definition too large to keep is refused with what to do about it", () => {
  const driver = AgentDriver.registered();
  const handed = "x".repeat(limits.heldSpecBytesMax);
  driver.runAt(executorSpec("exec", { handed }), [taskSpec("a")]);
  driver.runAt(executorSpec("other"), [taskSpec("b", { handed })]);
  assert.match(states(driver, "a")[0]?.message ?? "", /^The definition of executor exec is larger than/);
  assert.match(states(driver, "b")[0]?.message ?? "", /^The definition of task b is larger than/);
  assert.ok(JSON.stringify(driver.storedTasks()).length < 10_000, "what is kept of them is small");
  assert.deepEqual(driver.containers.launches, []);
});

test("messages go both ways, to who listens, and no further than their bounds", () => {
  const driver = started("a");
  const say = (data: string): void =>
    driver.master({
      type: "executor-message",
      frameworkId: ourFramework,
      executorId: executorId("exec"),
      data,
    });
  say("bG9zdA==");
  driver.call("exec", { type: "message", data: "bG9zdA==" });
  assert.deepEqual(driver.read().length, 0);
  const session = driver.subscribe("exec");
  say("aGVsbG8=");
  assert.deepEqual(driver.heardOn(session).at(-1), { type: "message", data: "aGVsbG8=" });
  driver.call("exec", { type: "message", data: "aGk=" });
  assert.deepEqual(driver.read(), [
    { type: "executor-message", frameworkId: ourFramework, executorId: "exec", data: "aGk=" },
  ]);
});

test("executors that chatter lose messages and not the agent its link; a second later they are heard", () => {
  const driver = started("a");
  driver.subscribe("exec");
  const data = "x".repeat(limits.executorMessageCharactersMax);
  driver.call("exec", { type: "message", data: `${data}x` });
  assert.deepEqual([driver.read().length, driver.rejections], [0, ["invalid"]]);
  for (let count = 0; count < 100; count += 1) driver.call("exec", { type: "message", data });
  const heard = driver.read().length;
  assert.equal(heard, Math.floor(limits.executorMessagesPerSecondCharactersMax / data.length));
  driver.advance(1_000);
  driver.call("exec", { type: "message", data });
  assert.equal(driver.read().length, 1);
  // A message that says nothing fills the link too.
  const most = limits.executorMessagesPerSecondCharactersMax / limits.executorMessageFrameCharacters;
  driver.advance(1_000);
  for (let count = 0; count < most + 100; count += 1) driver.call("exec", { type: "message", data: "" });
  assert.equal(driver.read().length, Math.floor(most));
});
