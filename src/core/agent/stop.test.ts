import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { taskSpec } from "../../../test/support/agent-fixtures.ts";

test("stopping ends every task with a short grace, and is over when the last container is removed", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("quick", { killGraceMs: 1_000 }));
  driver.runToRunning(taskSpec("slow", { killGraceMs: 60_000 }));
  driver.run(taskSpec("new"));
  driver.submit({ type: "stop-tasks" });
  assert.deepEqual(driver.containers.signals("quick"), ["TERM"]);
  assert.deepEqual(driver.containers.signals("new"), ["KILL"]);
  driver.advance(limits.stopGraceMaxMs);
  assert.deepEqual(driver.containers.signals("quick"), ["TERM", "KILL"]);
  assert.deepEqual(driver.containers.signals("slow"), ["TERM", "KILL"]);

  driver.containers.start("new");
  driver.deliver();
  for (const task of ["quick", "slow", "new"]) driver.containers.end(task, { kind: "signal", signal: 9 });
  while (driver.containers.outcomes.length > 0) {
    assert.equal(driver.stoppedCount, 0);
    const [outcome] = driver.containers.outcomes.splice(0, 1);
    assert(outcome !== undefined);
    driver.submit({ type: "container", outcome });
  }
  assert.equal(driver.stoppedCount, 1);
  const [killed] = driver.readUpdates();
  assert.equal(killed?.state, "killed");
  assert.match(killed.message, /^Killed because the cluster was told to stop\. /);
  driver.acknowledgeAll();
  driver.submit({ type: "stop-tasks" });
  assert.equal(driver.stoppedCount, 1);
});

test("a stopping agent launches nothing", () => {
  const driver = AgentDriver.registered();
  driver.submit({ type: "stop-tasks" });
  assert.equal(driver.stoppedCount, 1);
  driver.run(taskSpec("web"));
  assert.deepEqual(driver.containers.launches, []);
});

test("stopping before recovery is over waits for it", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web"));
  driver.crash();
  driver.submit({ type: "stop-tasks" });
  assert.equal(driver.stoppedCount, 0);
  driver.deliver();
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);
  assert.equal(driver.stoppedCount, 0);
  driver.containers.end("web", { kind: "signal", signal: 15 });
  driver.deliver();
  assert.equal(driver.stoppedCount, 1);
});

test("a refused agent ends its tasks in silence and comes back as a new one", () => {
  const driver = AgentDriver.registered();
  driver.runToRunning(taskSpec("web", { killGraceMs: 60_000 }));
  driver.run(taskSpec("api"));
  driver.containers.start("api");
  driver.containers.end("api", { kind: "code", code: 0 });
  driver.deliver();
  const oldKey = driver.state.identity?.key;
  driver.read();
  driver.master({ type: "refused", reason: "agent m-S0 was marked gone" });
  assert.deepEqual([...driver.state.tasks.keys()], ["m-0000/web"]);
  assert.deepEqual(driver.containers.signals("web"), ["TERM"]);

  driver.master({ type: "ping" });
  driver.run(taskSpec("more"));
  driver.open();
  driver.advance(limits.stopGraceMaxMs);
  assert.deepEqual(driver.containers.signals("web"), ["TERM", "KILL"]);
  assert.deepEqual(driver.reconnects, []);
  driver.containers.end("web", { kind: "signal", signal: 9 });
  driver.deliver();
  assert.deepEqual(driver.read(), []);
  assert.deepEqual(driver.reconnects, ["session-2"]);
  assert.deepEqual([driver.storedTasks(), driver.storedStreams()], [[], []]);
  assert.deepEqual(driver.containers.launches, ["web", "api"]);

  driver.open();
  const [register] = driver.read();
  assert(register?.type === "register");
  assert.equal(register.agentId, undefined);
  assert.notEqual(register.key, oldKey);
  assert.deepEqual(register.tasks, []);
});

test("a refused agent without tasks leaves the session at once", () => {
  const driver = AgentDriver.registered();
  driver.master({ type: "refused", reason: "marked gone" });
  assert.deepEqual(driver.reconnects, ["session-1"]);
  assert.equal(driver.state.identity?.agentId, undefined);
});
