/**
 * Frameworks: subscription, failover, absence, teardown.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { frameworkId, roleName } from "#model/ids.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import {
  MasterDriver,
  offersIn,
  runningScene,
  statusesIn,
  TestFramework,
} from "../../../test/support/master-driver.ts";
import { heldTask } from "../../../test/support/master-fixtures.ts";

test("subscribe: answered at once, with a heartbeat behind and every interval", () => {
  const driver = new MasterDriver();
  const framework = new TestFramework(driver);
  const heartbeats: string[] = [];
  framework.session = driver.newSession();
  const collect = () => {
    const input = { nowMs: driver.nowMs, chance: driver.chance };
    const call = {
      type: "subscribe",
      info: framework.info,
      frameworkId: undefined,
      suppressedRoles: [],
    } as const;
    const result = driver.room.decide(
      driver.state,
      { type: "call", session: framework.session, call },
      input,
    );
    assert.equal(result.kind, "decision");
    if (result.kind === "decision")
      for (const effect of result.effects)
        if (effect.type === "send-framework") heartbeats.push(effect.event.type);
  };
  collect();
  assert.deepEqual(heartbeats, ["subscribed", "heartbeat"]);
  framework.subscribe();
  const wakeMs = driver.room.wakeAtMs(driver.state);
  assert.equal(wakeMs, driver.nowMs + 15_000);
});

test("row 11: failover: the newest session wins and only it may call", () => {
  const { driver, framework } = runningScene();
  const old = framework.session;
  framework.subscribe();
  const teardown = { type: "teardown" } as const;
  const rejection = driver.input({ type: "call", session: old, call: teardown });
  assert.equal(rejection?.code, "forbidden");
  driver.input({ type: "framework-closed", session: old });
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "active");
});

test("row 11: failover: what was not acknowledged is sent again to the new session", () => {
  const { agent, framework } = runningScene();
  const status = agent.update(framework.id, "t1", "running", { healthy: true });
  framework.take();
  framework.disconnect();
  const repeated = statusesIn(framework.subscribe());
  assert.deepEqual(
    repeated.map(({ updateId }) => updateId),
    [status.updateId],
  );
});

test("row 11: failover: in time, the tasks run on; an unknown id is taken as it comes", () => {
  const { driver, agent, framework, spec } = runningScene();
  framework.disconnect();
  driver.advance(50_000);
  agent.report(50, [["t1", "running"]]);
  assert.equal(framework.subscribe()[0]?.type, "subscribed");
  driver.advance(60_000);
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "active");
  assert.ok(spec !== undefined);
  const stranger = new TestFramework(driver);
  stranger.frameworkId = frameworkId("from-another-master-0007");
  stranger.subscribe();
  assert.equal(stranger.id, "from-another-master-0007");
});

test("row 12: too late, the framework is removed and its tasks are killed", () => {
  const { driver, agent, framework } = runningScene();
  framework.disconnect();
  for (let round = 0; round < 10; round += 1) {
    driver.advance(10_000);
    if (round < 9) agent.report(50, [["t1", "running"]]);
  }
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "completed");
  assert.ok(agent.take().some((message) => message.type === "kill"));
  const events = framework.subscribe();
  assert.deepEqual(events, [{ type: "error", message: "Framework has been removed" }]);
  assert.ok(driver.closed.includes(framework.session));
});

test("row 12: a time-out of nothing: removed with the connection", () => {
  const { driver, agent, framework } = runningScene({}, { failoverTimeoutMs: 0 });
  framework.disconnect();
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "completed");
  assert.equal(agent.take()[0]?.type, "kill");
});

test("teardown: tasks hold their resources until they have ended, and then go to the history", () => {
  const { driver, agent, framework } = runningScene();
  framework.call({ type: "teardown" });
  assert.deepEqual(driver.closed, [framework.session]);
  const other = new TestFramework(driver);
  assert.deepEqual(
    offersIn(other.subscribe()).map((offer) => offer.resources.cpus),
    [3_000],
  );
  agent.take();
  assert.equal(agent.report(50, [["t1", "running"]])[0]?.type, "kill", "repeated until it is gone");
  agent.update(framework.id, "t1", "killed");
  assert.equal(agent.take()[0]?.type, "acknowledge", "nobody else would");
  assert.equal(driver.state.tables.task.size, 0);
  assert.equal(driver.state.tables["completed-task"].size, 1);
  assert.equal(other.takeOffers()[0]?.resources.cpus, 1_000);
});

test("teardown: a task that comes back with its agent is killed, booked until then", () => {
  const { driver, agent, framework, spec } = runningScene();
  driver.advance(60_000);
  framework.call({ type: "teardown" });
  assert.equal(driver.state.tables.task.size, 0);
  const other = new TestFramework(driver);
  other.subscribe();
  const answers = agent.connect([heldTask(spec, framework.id, "running")]);
  assert.deepEqual(
    answers.map(({ type }) => type),
    ["registered", "kill"],
  );
  assert.equal(other.takeOffers()[0]?.resources.cpus, 3_000);
  agent.update(framework.id, "t1", "killed");
  assert.equal(driver.state.tables.task.size, 0);
});

test("row 11: another principal, no role, or several without the capability are errors", () => {
  const { driver, framework } = runningScene();
  framework.info = { ...framework.info, principal: "eve" };
  const isError = (events: ReturnType<TestFramework["subscribe"]>) => events[0]?.type === "error";
  assert.ok(isError(framework.subscribe()));
  assert.ok(isError(new TestFramework(driver, { roles: [] }).subscribe()));
  assert.ok(isError(new TestFramework(driver, { roles: [roleName("a"), roleName("b")] }).subscribe()));
});

test("row 12: a stored framework is awaited for its failover time-out from the start on", () => {
  const { driver, framework } = runningScene();
  driver.advance(50_000);
  driver.restart();
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "disconnected");
  driver.advance(99_999);
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "disconnected");
  const again = framework.subscribe();
  assert.equal(again[0]?.type, "subscribed");
  framework.disconnect();
  driver.advance(100_000);
  assert.equal(driver.state.tables.framework.get(framework.id)?.state, "completed");
});

test("row 11: a removed framework stays removed", () => {
  const { driver, framework } = runningScene();
  framework.call({ type: "teardown" });
  driver.restart();
  assert.equal(framework.subscribe()[0]?.type, "error");
});

test("histories: old removed frameworks are forgotten", () => {
  const driver = new MasterDriver();
  new TestAgent(driver, "agent-1").connect();
  for (let count = 0; count < 60; count += 1) {
    const framework = new TestFramework(driver);
    assert.equal(offersIn(framework.subscribe()).length, 1);
    framework.call({ type: "teardown" });
    driver.nowMs += 1;
  }
  assert.equal(driver.state.tables.framework.size, 50);
});
