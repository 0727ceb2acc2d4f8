/**
 * The life of a custom executor's process: started for its first task, given a token, in time or killed, and its
 * tasks ended with it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { executorId, frameworkId, roleName } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import {
  agentConfig,
  executorSpec,
  executorUpdate,
  ourFramework,
  ourFrameworkInfo,
  taskSpec,
} from "../../../test/support/agent-fixtures.ts";
import { executorByToken, executorStanding, listExecutors } from "./views.ts";

function started(): AgentDriver {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a", { command: undefined })]);
  driver.containers.start("exec", 77);
  driver.deliver();
  return driver;
}

const ends = (driver: AgentDriver) =>
  driver.read().flatMap((message) => (message.type === "executor-ended" ? [message.end] : []));

test("1.4: an executor is started for its first task, with Mesos's environment and a token of its own", () => {
  const driver = AgentDriver.registered();
  const spec = executorSpec("exec", { env: { COLOR: "green", MESOS_EXECUTOR_ID: "forged" } });
  driver.runAt(spec, [taskSpec("a", { command: undefined })]);
  assert.deepEqual(driver.containers.launches, ["exec"]);
  const { env, containerId, executorId: id, nestedTaskId } = driver.containers.spec("exec");
  assert.deepEqual([id, nestedTaskId], ["exec", undefined]);
  const held = driver.executor("exec");
  assert(held !== undefined);
  assert.deepEqual(env, {
    HOST: "node1.example",
    COLOR: "green",
    MESOS_FRAMEWORK_ID: "m-0000",
    MESOS_EXECUTOR_ID: "exec",
    MESOS_AGENT_ID: "m-S0",
    MESOS_SLAVE_ID: "m-S0",
    MESOS_SLAVE_PID: "slave(1)@127.0.0.11:5051",
    MESOS_AGENT_ENDPOINT: "127.0.0.11:5051",
    MESOS_SANDBOX: "/mnt/mesos/sandbox",
    MESOS_DIRECTORY: "/mnt/mesos/sandbox",
    MESOS_CHECKPOINT: "1",
    MESOS_RECOVERY_TIMEOUT: "15mins",
    MESOS_SUBSCRIPTION_BACKOFF_MAX: "2secs",
    MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD: "5secs",
    MESOS_HTTP_COMMAND_EXECUTOR: "0",
    MESOS_EXECUTOR_AUTHENTICATION_TOKEN: held.token,
  });
  assert.equal(held.containerId, containerId);
  // The task has no container but its executor's.
  assert.equal(driver.containerOf("a"), containerId);
  driver.runAt(spec, [taskSpec("b")]);
  assert.deepEqual(driver.containers.launches, ["exec"]);
});

test("an executor of a framework that does not checkpoint is told so", () => {
  const driver = AgentDriver.registered();
  const framework = { ...ourFrameworkInfo, checkpoint: false };
  driver.master({
    type: "run",
    frameworkId: ourFramework,
    role: roleName("*"),
    tasks: [taskSpec("a", { executorId: executorId("exec") })],
    executor: { spec: executorSpec("exec"), role: roleName("*"), framework },
  });
  const { env } = driver.containers.spec("exec");
  assert.equal(env.MESOS_CHECKPOINT, "0");
  assert.equal(env.MESOS_RECOVERY_TIMEOUT, undefined);
});

test("a token is its executor's alone, and lost with it", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("one"), [taskSpec("a")]);
  driver.runAt(executorSpec("two"), [taskSpec("b")]);
  driver.runGroup(executorSpec("pod", { kind: "default" }), [taskSpec("c")]);
  const one = driver.executor("one");
  const two = driver.executor("two");
  assert(one !== undefined && two !== undefined);
  assert.notEqual(one.token, two.token);
  assert.deepEqual(executorByToken(driver.state, two.token), {
    frameworkId: ourFramework,
    executorId: "two",
    containerId: two.containerId,
  });
  assert.equal(executorByToken(driver.state, ""), undefined);
  assert.equal(executorByToken(driver.state, one.token.slice(1)), undefined);
  assert.equal(executorByToken(driver.state, `${one.token}${one.token}`), undefined);
  driver.containers.end("two", { kind: "code", code: 0 });
  driver.deliver();
  assert.equal(executorByToken(driver.state, two.token), undefined);
});

test("where an executor stands, as its door asks", () => {
  const driver = AgentDriver.registered();
  const key = { frameworkId: ourFramework, executorId: executorId("exec") };
  assert.equal(executorStanding(driver.state, key), "no-framework");
  driver.run(taskSpec("web"));
  assert.equal(executorStanding(driver.state, key), "no-executor");
  assert.equal(executorStanding(driver.state, { ...key, frameworkId: frameworkId("x") }), "no-framework");
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  assert.equal(executorStanding(driver.state, key), "not-subscribed");
  driver.subscribe("exec");
  assert.equal(executorStanding(driver.state, key), "subscribed");
  const [listed] = listExecutors(driver.state);
  assert.deepEqual(
    listed?.tasks.map(({ spec }) => spec.taskId),
    ["a"],
  );
  driver.containers.start("exec");
  driver.crash();
  assert.equal(executorStanding(driver.state, key), "recovering");
});

test("row 23: one that does not subscribe within a minute of its start is killed, and its tasks have failed", () => {
  const driver = started();
  driver.advance(limits.executorRegistrationMs - 1);
  assert.deepEqual(driver.containers.signals("exec"), []);
  driver.advance(1);
  assert.deepEqual(driver.containers.signals("exec"), ["KILL"]);
  driver.containers.end("exec", { kind: "signal", signal: 9 });
  driver.deliver();
  const update = driver.task("a")?.latest;
  assert.deepEqual([update?.state, update?.reason], ["failed", "executor-registration-timeout"]);
  assert.match(update?.message ?? "", /^Executor did not register within 60secs\./);
  assert.deepEqual(driver.storedExecutors(), []);
});

test("one that subscribes in time stays, however long it then says nothing", () => {
  const driver = started();
  driver.advance(limits.executorRegistrationMs - 1);
  driver.subscribe("exec");
  driver.advance(3_600_000);
  assert.deepEqual(driver.containers.signals("exec"), []);
});

test("one that subscribes before the news of its start comes is in time", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  const session = driver.subscribe("exec");
  driver.containers.start("exec");
  driver.deliver();
  driver.advance(limits.executorRegistrationMs * 2);
  assert.deepEqual(driver.containers.signals("exec"), []);
  assert.deepEqual(
    driver.heardOn(session).map(({ type }) => type),
    ["subscribed", "launch"],
  );
});

test("what it may use follows its tasks: its own and those of all that have not ended", () => {
  const driver = started();
  assert.deepEqual(driver.containers.spec("exec").resources, resources({ cpus: 1.5, mem: 96 }));
  driver.subscribe("exec");
  assert.deepEqual(driver.containers.updates("exec"), []);
  const limited = taskSpec("b", { limits: { cpus: milli(2) } });
  driver.runAt(executorSpec("exec"), [limited]);
  driver.runAt(executorSpec("exec"), [taskSpec("c", { limits: { mem: "unlimited" } })]);
  const [, second] = driver.containers.updates("exec");
  assert.deepEqual(second?.resources, resources({ cpus: 3.5, mem: 224 }));
  assert.deepEqual(second?.limits, { cpus: milli(4.5), mem: "unlimited" });
  driver.update("exec", executorUpdate("a", "finished"));
  driver.update("exec", executorUpdate("b", "finished"));
  driver.update("exec", executorUpdate("c", "running"));
  driver.update("exec", executorUpdate("c", "finished"));
  const updates = driver.containers.updates("exec");
  assert.equal(updates.length, 5);
  assert.deepEqual(updates.at(-1)?.resources, resources({ cpus: 0.5, mem: 32 }));
  assert.deepEqual(updates.at(-1)?.limits, {});
});

test("its container may use what its tasks need from the moment at which they come or end", () => {
  const driver = AgentDriver.registered();
  const granted = (): unknown[] => driver.containers.updates("exec").map((update) => update.resources);
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  // Its launch was asked for: whatever else is asked of the same container comes behind that.
  assert.deepEqual(granted(), [resources({ cpus: 2.5, mem: 160 })]);
  driver.containers.start("exec");
  driver.deliver();
  assert.equal(granted().length, 1);
});

test("its exit ends every task of it that has not ended, and is said to the master", () => {
  const driver = started();
  driver.runAt(executorSpec("exec"), [taskSpec("b"), taskSpec("c")]);
  const session = driver.subscribe("exec");
  driver.update("exec", executorUpdate("b", "finished"));
  driver.read();
  driver.containers.end("exec", { kind: "code", code: 3 });
  driver.deliver();
  assert.deepEqual(ends(driver), [
    { exit: { kind: "code", code: 3 }, message: "Command exited with status 3" },
  ]);
  const last = ["a", "b", "c"].map((id) => driver.task(id)?.latest);
  assert.deepEqual(
    last.map((status) => [status?.state, status?.reason, status?.source]),
    [
      ["failed", "executor-terminated", "agent"],
      ["finished", undefined, "executor"],
      ["failed", "executor-terminated", "agent"],
    ],
  );
  assert.equal(last[0]?.message, "Executor terminated. Command exited with status 3");
  assert.deepEqual(driver.closedSessions, [session]);
  assert.deepEqual(driver.state.lives.size + driver.state.undelivered.size, 0);
  assert.equal(driver.sandbox("exec")?.removing, false);
  driver.acknowledgeAll();
  assert.equal(driver.wakesInMs(), agentConfig.masterTimeoutMs);
  // A sandbox of the executor is all that is left, none of its tasks.
  assert.deepEqual([...driver.state.sandboxes.keys()], ["m-0000/exec"]);
});

test("an executor that the kernel killed for memory says so of its tasks", () => {
  const driver = started();
  const figures = { limitBytes: 96 * 1024 * 1024, peakBytes: undefined };
  driver.containers.end("exec", { kind: "signal", signal: 9 }, figures);
  driver.deliver();
  const status = driver.task("a")?.latest;
  assert.deepEqual([status?.state, status?.reason], ["failed", "container-limitation-memory"]);
  assert.match(status?.message ?? "", /^Memory limit exceeded/);
});

test("a launch that fails ends the executor and its tasks, with the launcher's words", () => {
  const driver = AgentDriver.registered();
  driver.runAt(executorSpec("exec"), [taskSpec("a")]);
  driver.containers.failToStart("exec", "no space left on /var");
  driver.deliver();
  const messages = driver.read();
  assert.deepEqual(
    messages.map(({ type }) => type),
    ["update", "executor-ended"],
  );
  assert.equal(driver.task("a")?.latest?.reason, "container-launch-failed");
  assert.equal(driver.executor("exec"), undefined);
});

test("a subscription of nobody we know is told to end and closed", () => {
  const driver = AgentDriver.registered();
  const session = driver.subscribe("ghost");
  assert.deepEqual(driver.heardOn(session), [{ type: "shutdown" }]);
  assert.deepEqual(driver.closedSessions, [session]);
});

test("an id that is used again starts a new executor, with a new token, when the old sandbox is gone", () => {
  const driver = started();
  const token = driver.executor("exec")?.token;
  driver.containers.end("exec", { kind: "code", code: 0 });
  driver.deliver();
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  assert.deepEqual(driver.containers.launches, ["exec"]);
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["exec", "exec"]);
  assert.notEqual(driver.executor("exec")?.token, token);
  // What is left of the old one's tasks is not the new one's.
  driver.containers.end("exec", { kind: "code", code: 1 });
  driver.deliver();
  assert.match(driver.task("a")?.latest?.message ?? "", /status 0/);
  assert.match(driver.task("b")?.latest?.message ?? "", /status 1/);
});

test("what runs there is told: executors in each registration and each report", () => {
  const driver = started();
  driver.master({ type: "ping" });
  const report = driver.read().at(-1);
  assert(report?.type === "report");
  assert.deepEqual(report.executors, [{ frameworkId: ourFramework, executorId: "exec" }]);
  driver.open();
  const [register] = driver.read();
  assert(register?.type === "register");
  assert.deepEqual(register.executors, [
    {
      spec: executorSpec("exec"),
      frameworkId: ourFramework,
      role: "*",
      launchedAtMs: driver.nowMs,
    },
  ]);
  assert.doesNotMatch(JSON.stringify(driver.sent), new RegExp(driver.executor("exec")?.token ?? "none"));
});

test("every half hour an executor hears a heartbeat, as long as it listens", () => {
  const driver = started();
  const session = driver.subscribe("exec");
  const beats = (): number => driver.heardOn(session).filter(({ type }) => type === "heartbeat").length;
  const hour = 3_600_000;
  for (let passedMs = 0; passedMs < 2 * hour; passedMs += 30_000) {
    driver.advance(30_000);
    driver.master({ type: "ping" });
  }
  assert.equal(beats(), 4);
  driver.submit({ type: "executor-closed", session });
  driver.advance(hour);
  assert.equal(beats(), 4);
});

test("a task that is refused because its id is an executor's does not call off the launch of that", () => {
  const driver = started();
  driver.containers.end("exec", { kind: "code", code: 1 });
  driver.deliver();
  driver.acknowledgeAll();
  // It waits until what is left of the first one is removed.
  driver.runAt(executorSpec("exec"), [taskSpec("b")]);
  driver.run(taskSpec("exec"));
  assert.equal(driver.task("exec")?.state, "dropped");
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["exec", "exec"]);
});
