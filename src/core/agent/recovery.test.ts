import assert from "node:assert/strict";
import { test } from "node:test";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { ourFramework, taskSpec } from "../../../test/support/agent-fixtures.ts";

test("before recovery is over an agent neither registers nor runs anything", () => {
  const driver = new AgentDriver();
  driver.submit({ type: "start" });
  driver.open();
  driver.run(taskSpec("web"));
  driver.master({ type: "ping" });
  driver.advance(3_600_000);
  assert.deepEqual(driver.read(), []);
  assert.deepEqual(driver.containers.launches, []);
  driver.deliver();
  assert.deepEqual(
    driver.read().map(({ type }) => type),
    ["register"],
  );
});

test("a task that runs on through a crash stays as it was and is told to the master", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.crash();
  driver.deliver();
  driver.open();
  const [register] = driver.read();
  assert(register?.type === "register");
  assert.deepEqual(
    register.tasks.map(({ state }) => state),
    ["running"],
  );
  driver.join();
  driver.containers.end("web", { kind: "code", code: 0 });
  driver.deliver();
  assert.deepEqual(
    driver.readUpdates().map(({ state }) => state),
    ["finished"],
  );
});

test("an exit while the agent was away is reported with its code", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 7 });
  driver.crash();
  driver.deliver();
  driver.join();
  assert.equal(driver.storedStreams()[0]?.pending[0]?.message, "Command exited with status 7");
  assert.deepEqual(driver.containers.inPhase("ended"), []);
});

test("an exit that was noted just before a crash is not reported as another", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.containers.end("web", { kind: "code", code: 7 });
  const [exited] = driver.containers.outcomes;
  assert(exited !== undefined);
  driver.submit({ type: "container", outcome: exited }, "before-effects");
  driver.deliver();
  assert.equal(driver.storedStreams()[0]?.pending.length, 1);
  assert.deepEqual(driver.containers.inPhase("ended"), []);
});

test("a launch that stood when the agent died is adopted and announced as running", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.crash("run");
  driver.deliver();
  assert.deepEqual(driver.containers.launches, ["web"]);
  assert.equal(driver.storedTasks()[0]?.phase, "running");
  assert.equal(driver.storedStreams()[0]?.pending[0]?.state, "running");
});

test("a launch that was noted and perhaps never happened is given up, not repeated", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"), "before-effects");
  driver.deliver();
  assert.deepEqual(driver.containers.launches, []);
  const [dropped] = driver.storedStreams()[0]?.pending ?? [];
  assert.equal(dropped?.state, "dropped");
  assert.equal(dropped.reason, "agent-restarted");
  assert.equal(dropped.message, "Task launched during agent restart");
});

test("a run that died with the agent before it was noted leaves no trace", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"), "before-commit");
  driver.deliver();
  assert.equal(driver.state.tasks.size, 0);
  driver.join();
  driver.run(taskSpec("web"));
  assert.deepEqual(driver.containers.launches, ["web"]);
});

test("a task whose container is gone with its host has failed, one that was being killed is killed", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.runToRunning(taskSpec("api"));
  driver.kill("api");
  driver.containers.vanish();
  driver.crash();
  driver.deliver();
  const ends = driver
    .storedStreams()
    .map(({ taskId, pending }) => [taskId, pending[0]?.state, pending[0]?.reason]);
  assert.deepEqual(ends.sort(), [
    ["api", "killed", "executor-terminated"],
    ["web", "failed", "executor-terminated"],
  ]);
});

test("a kill during a launch outlives a crash, whatever became of the launch", () => {
  for (const fate of ["run", "vanish"] as const) {
    const driver = AgentDriver.registered();
    driver.run(taskSpec("web"));
    driver.kill("web");
    driver.crash(fate);
    driver.deliver();
    if (fate === "run") {
      assert.deepEqual(driver.containers.signals("web"), ["KILL", "KILL"]);
      driver.containers.end("web", { kind: "signal", signal: 9 });
      driver.deliver();
    }
    const pending = driver.storedStreams()[0]?.pending ?? [];
    assert.deepEqual(
      pending.map(({ state, reason }) => [state, reason]),
      [["killed", "task-killed-during-launch"]],
    );
  }
});

test("an acknowledgement that was noted just before a crash is not forgotten", () => {
  const driver = AgentDriver.registered();
  driver.run(taskSpec("web"));
  driver.containers.start("web");
  driver.deliver();
  const [running] = driver.readUpdates();
  assert(running?.updateId !== undefined);
  const { taskId, updateId } = running;
  driver.master({ type: "acknowledge", frameworkId: ourFramework, taskId, updateId }, "before-effects");
  driver.deliver();
  assert.deepEqual(driver.storedStreams(), []);
  driver.join();
  assert.deepEqual(driver.readUpdates(), []);
});
