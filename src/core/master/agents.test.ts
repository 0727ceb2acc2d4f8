/**
 * Agents: registration, identity, silence, loss and return.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createChance } from "#base/random.ts";
import { resources } from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import {
  MasterDriver,
  offersIn,
  runningScene,
  scene,
  statusesIn,
  TestFramework,
} from "../../../test/support/master-driver.ts";
import { heldTask, taskSpec } from "../../../test/support/master-fixtures.ts";
import { listOtherVersions, tasksOnAgent } from "./views.ts";

test("register: the same key keeps its id, whether or not the agent learned it", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const { id } = agent;
  agent.agentId = undefined;
  agent.connect();
  assert.equal(agent.id, id);
  assert.equal(driver.state.tables.agent.size, 1);
});

test("register: a second session of an agent closes the first", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const { session } = agent;
  agent.connect();
  assert.deepEqual(driver.closed, [session]);
  driver.input({ type: "agent-closed", session });
  assert.equal(driver.state.tables.agent.get(agent.id)?.state, "active");
});

test("register: a repeated registration changes nothing that is stored", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const before = driver.state.tables.agent.get(agent.id);
  assert.equal(agent.register()[0]?.type, "registered");
  assert.equal(driver.state.tables.agent.get(agent.id), before);
});

test("register: another version of the link is told so, and listed for as long as its link is open", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  driver.input({ type: "agent-opened", session: agent.session });
  const [answer] = agent.register([], { version: 1 });
  assert.equal(answer?.type, "incompatible");
  assert.equal(driver.state.tables.agent.size, 0);
  assert.deepEqual(
    listOtherVersions(driver.state).map(({ version, name }) => [version, name]),
    [[1, "agent-1"]],
  );
  assert.deepEqual(driver.closed, []);
  agent.disconnect();
  assert.deepEqual(listOtherVersions(driver.state), []);
});

test("register: an agent of ours that comes back in another version loses nothing", () => {
  const { driver, agent } = runningScene();
  agent.disconnect();
  agent.open();
  assert.equal(agent.register([], { version: 99 })[0]?.type, "incompatible");
  assert.equal(driver.state.tables.agent.get(agent.id)?.state, "disconnected");
  assert.equal(driver.state.tables.task.size, 1);
});

test("register: an id that belongs to another key is refused", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const thief = new TestAgent(driver, "agent-2");
  thief.agentId = agent.id;
  assert.equal(thief.connect()[0]?.type, "refused");
});

test("link: what is not newer than what was seen is dropped", () => {
  const { driver, agent, framework } = runningScene();
  const message = {
    type: "update",
    frameworkId: framework.id,
    status: { ...agent.update(framework.id, "t1", "killing"), state: "finished" },
    latestState: "finished",
  } as const;
  framework.take();
  driver.input({ type: "agent-message", envelope: { session: agent.session, number: 1, message } });
  assert.deepEqual(framework.take(), []);
  assert.equal(tasksOnAgent(driver.state, agent.id)[0]?.state, "killing");
});

test("link: messages to an agent are numbered from 1 in each session", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id)]);
  agent.connect();
  framework.kill("t1");
  const numbers = driver.takeAgentMessages(agent.session).map(({ number }) => number);
  assert.deepEqual(numbers, [3], "registered was 1, the repeated run 2");
});

test("link: a session that never registers is closed", () => {
  const driver = new MasterDriver();
  const session = driver.newSession();
  driver.input({ type: "agent-opened", session });
  driver.advance(60_000);
  assert.deepEqual(driver.closed, [session]);
  assert.equal(driver.room.wakeAtMs(driver.state), undefined);
});

test("ping: once an interval, and an agent that answers stays", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  let pings = 0;
  for (let round = 0; round < 30; round += 1) {
    driver.advance(10_000);
    for (const message of agent.take()) if (message.type === "ping") pings += 1;
    agent.report(0, []);
  }
  assert.equal(pings, 30);
  assert.equal(driver.state.tables.agent.get(agent.id)?.state, "active");
});

test("row 15: unreachable: a silent agent is marked durably, then its tasks are told", () => {
  const { driver, agent, framework } = runningScene();
  driver.advance(60_000);
  const events = framework.take();
  assert.ok(events.some((event) => event.type === "failure" && event.agentId === agent.id));
  const [status] = statusesIn(events);
  assert.equal(status?.state, "unreachable");
  assert.equal(status?.updateId, undefined);
  assert.ok(driver.closed.includes(agent.session));
  assert.equal(driver.state.tables.agent.get(agent.id)?.unreachableAtMs, driver.nowMs);
  assert.equal(driver.room.kinds.agent.durability, "durable");
});

test("row 15: unreachable: a framework that is not partition-aware hears that the task is lost", () => {
  const { driver, framework } = runningScene({}, { capabilities: [] });
  driver.advance(60_000);
  assert.equal(framework.takeStatuses()[0]?.state, "lost");
});

test("row 15: unreachable: a broken link counts from when it broke", () => {
  const { driver, agent, framework } = runningScene();
  driver.advance(30_000);
  agent.disconnect();
  assert.equal(driver.state.tables.agent.get(agent.id)?.state, "disconnected");
  driver.advance(59_999);
  assert.deepEqual(framework.takeStatuses(), []);
  driver.advance(1);
  assert.equal(framework.takeStatuses()[0]?.state, "unreachable");
});

test("row 15: unreachable: nobody is, just because the master slept", () => {
  const { driver, agent, framework } = runningScene();
  driver.nowMs += 3_600_000;
  driver.advance(1);
  assert.deepEqual(framework.takeStatuses(), []);
  assert.ok(agent.take().some((message) => message.type === "ping"));
  driver.advance(59_000);
  assert.equal(driver.state.tables.agent.get(agent.id)?.state, "active");
  driver.advance(1_000);
  assert.equal(driver.state.tables.agent.get(agent.id)?.state, "unreachable");
});

test("row 15: unreachable and back: the task runs again, is told so, and is booked again", () => {
  const { driver, agent, framework, spec } = runningScene();
  driver.advance(60_000);
  framework.take();
  agent.connect([heldTask(spec, framework.id, "running")]);
  const events = framework.take();
  assert.deepEqual(
    statusesIn(events).map(({ state, reason }) => [state, reason]),
    [["running", "agent-reregistered"]],
  );
  assert.deepEqual(
    offersIn(events).map((offer) => offer.resources.cpus),
    [3_000],
  );
});

test("row 15: unreachable and back: a task that did not come back is gone", () => {
  const { driver, agent, framework } = runningScene();
  driver.advance(60_000);
  framework.take();
  agent.connect([]);
  assert.equal(framework.takeStatuses()[0]?.state, "gone");
  assert.equal(driver.state.tables.task.size, 0);
  assert.equal(driver.state.tables["completed-task"].size, 1);
});

test("row 15: unreachable and back: a launch that never arrived is dropped", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id)]);
  driver.advance(60_000);
  assert.equal(framework.takeStatuses()[0]?.state, "unreachable");
  agent.connect([]);
  assert.equal(framework.takeStatuses()[0]?.state, "dropped");
});

test("row 15: unreachable: after a long time the agent and its tasks are forgotten", () => {
  const { driver, framework } = runningScene();
  framework.call({ type: "suppress", roles: [] });
  driver.advance(60_000);
  assert.equal(driver.state.tables.task.size, 1);
  driver.nowMs += 15 * 24 * 3_600_000;
  driver.advance(1);
  assert.equal(driver.state.tables.agent.size, 0);
  assert.equal(driver.state.tables.task.size, 0);
});

test("a smaller agent: what it can no longer give is not offered", () => {
  const { driver, agent, framework, spec } = runningScene();
  Object.assign(agent, { info: { ...agent.info, resources: resources({ cpus: 0.5, mem: 4096 }) } });
  agent.connect([heldTask(spec, framework.id, "running")]);
  const other = new TestFramework(driver);
  assert.deepEqual(offersIn(other.subscribe()), []);
  agent.update(framework.id, "t1", "finished");
  driver.advance(1_000);
  assert.equal([...framework.takeOffers(), ...other.takeOffers()][0]?.resources.cpus, 500);
});

test("row 17: lost run: sent again when a report shows that it did not arrive, and only then", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id)]);
  const [run] = driver.takeAgentMessages(agent.session);
  assert.ok(run?.message.type === "run");
  assert.deepEqual(agent.report(run.number - 1, []), [], "it may still be under way");
  assert.equal(agent.report(run.number, [])[0]?.type, "run");
  assert.deepEqual(agent.report(run.number + 1, [["t1", "staging"]]), []);
});

test("row 17: report: a task that had started and is not there any more is gone", () => {
  const { agent, framework, driver } = runningScene();
  agent.report(99, []);
  assert.equal(framework.takeStatuses()[0]?.state, "gone");
  assert.equal(driver.state.tables.task.size, 0);
});

test("report: a task that nobody knows is killed, one that has ended is left alone", () => {
  const { agent, framework } = scene();
  const frameworkId = framework.id;
  assert.deepEqual(agent.report(1, [["who", "running"]], [], frameworkId), [
    { type: "kill", frameworkId, taskId: "who", graceMs: undefined },
  ]);
  assert.deepEqual(agent.report(1, [["who", "finished"]], [], frameworkId), []);
});

test("row 15: gone: an operator's mark ends the tasks and bars the agent for good", () => {
  const { driver, agent, framework } = runningScene();
  assert.equal(driver.input({ type: "mark-agent-gone", agentId: agent.id }), undefined);
  assert.equal(framework.takeStatuses()[0]?.state, "gone-by-operator");
  assert.equal(agent.take()[0]?.type, "refused");
  driver.restart();
  assert.equal(agent.connect()[0]?.type, "refused");
  assert.equal(driver.input({ type: "mark-agent-gone", agentId: agent.id })?.code, "not-found");
});

test("row 15: gone: the end of a task that only a report told of is told to its framework", () => {
  const { driver, agent, framework, spec } = runningScene();
  agent.report(50, [[spec.taskId, "failed"]]);
  assert.deepEqual(framework.takeStatuses(), []);
  driver.input({ type: "mark-agent-gone", agentId: agent.id });
  assert.deepEqual(
    framework.takeStatuses().map(({ state, updateId }) => [state, updateId]),
    [["failed", undefined]],
  );
});

test("restart: stored agents are disconnected until they register, unreachable if they do not", () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    const { driver, agent, framework, spec } = runningScene();
    const late = new TestAgent(driver, "late");
    late.connect();
    const chance = createChance(seed);
    driver.restart((rows) =>
      rows
        .map((row) => ({ row, rank: chance.next() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ row }) => row),
    );
    assert.equal(driver.state.tables.agent.get(agent.id)?.state, "disconnected");
    framework.subscribe();
    const old = agent.id;
    agent.connect([heldTask(spec, framework.id, "running")]);
    assert.equal(agent.id, old);
    assert.deepEqual(
      framework.takeOffers().map((offer) => offer.resources.cpus),
      [3_000],
    );
    driver.advance(599_999);
    assert.equal(driver.state.tables.agent.get(late.id)?.state, "disconnected");
    driver.advance(1);
    assert.equal(driver.state.tables.agent.get(late.id)?.state, "unreachable");
  }
});

test("restart: with an empty store an agent keeps the id that it brings", () => {
  const { driver, agent } = scene();
  driver.restart(() => []);
  const old = agent.id;
  agent.connect();
  assert.equal(agent.id, old);
  const fresh = new TestFramework(driver);
  assert.equal(offersIn(fresh.subscribe()).length, 1);
});

test("row 15: gone: a task that had ended there is told of once more, for nobody else will say it", () => {
  const { driver, agent, framework } = runningScene();
  agent.update(framework.id, "t1", "failed");
  framework.take();
  driver.input({ type: "mark-agent-gone", agentId: agent.id });
  assert.deepEqual(
    framework.takeStatuses().map(({ state, source }) => [state, source]),
    [["failed", "executor"]],
  );
});
