/**
 * Tasks: updates up, acknowledgements down, kills, reconciliation, history.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { agentId, updateId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import { isTerminal, mayFollow, taskStates } from "#model/task-state.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import {
  MasterDriver,
  offersIn,
  runningScene,
  scene,
  TestFramework,
} from "../../../test/support/master-driver.ts";
import { heldTask, taskSpec } from "../../../test/support/master-fixtures.ts";

const seconds = 1_000;

test("row 13: update: forwarded, repeated while not acknowledged, quiet afterwards", () => {
  const { agent, framework } = runningScene();
  const status = agent.update(framework.id, "t1", "running", { healthy: true });
  assert.deepEqual(framework.takeStatuses(), [status]);
  const repeat = { type: "update", frameworkId: framework.id, status, latestState: "running" } as const;
  agent.send(repeat);
  assert.deepEqual(framework.takeStatuses(), [status]);
  framework.acknowledge(status);
  assert.deepEqual(agent.take(), [
    { type: "acknowledge", frameworkId: framework.id, taskId: "t1", updateId: status.updateId },
  ]);
  agent.send(repeat);
  assert.deepEqual(framework.takeStatuses(), [], "the acknowledgement was lost, the framework need not know");
  assert.equal(agent.take()[0]?.type, "acknowledge");
});

test("row 13: update: a framework that is away gets it when it is back, nobody acknowledges for it", () => {
  const { agent, framework } = runningScene();
  framework.disconnect();
  agent.update(framework.id, "t1", "finished");
  assert.deepEqual(agent.take(), []);
  const events = framework.subscribe();
  assert.ok(events.some((event) => event.type === "update" && event.status.state === "finished"));
});

test("row 13: terminal update: resources are free with it, its task stays until it is acknowledged", () => {
  const { driver, agent, framework } = runningScene();
  const status = agent.update(framework.id, "t1", "finished");
  const events = framework.take();
  assert.deepEqual(
    offersIn(events).map((offer) => offer.resources.cpus),
    [1_000 * 4],
  );
  assert.equal(driver.state.tables.task.size, 1);
  framework.acknowledge(status);
  assert.equal(driver.state.tables.task.size, 0);
});

test("row 13: terminal acknowledgement: its history record is in the same durable batch, before the message", () => {
  const { driver, agent, framework } = runningScene();
  const status = agent.update(framework.id, "t1", "failed");
  framework.acknowledge(status);
  const kinds = driver.records.map(({ kind }) => kind);
  assert.ok(kinds.includes("completed-task"));
  assert.equal(driver.room.kinds["completed-task"].durability, "durable");
  assert.equal(driver.room.kinds.task.durability, "memory");
  assert.equal(agent.take()[0]?.type, "acknowledge");
});

test("row 14: terminal state: the first sticks", () => {
  const { driver, agent, framework } = runningScene();
  agent.update(framework.id, "t1", "failed");
  agent.update(framework.id, "t1", "running");
  agent.update(framework.id, "t1", "finished");
  assert.equal([...driver.state.tables.task.values()][0]?.state, "failed");
});

test("row 14: task states: the master follows the full matrix, from × to", () => {
  for (const from of taskStates) {
    for (const to of taskStates) {
      const { driver, agent, framework, spec } = runningScene();
      const [task] = driver.state.tables.task.values();
      assert.ok(task !== undefined);
      const key = `${framework.id}/${spec.taskId}`;
      driver.room.apply(driver.state, { kind: "task", id: key, value: { ...task, state: from } });
      agent.update(framework.id, "t1", to);
      const state = driver.state.tables.task.get(key)?.state;
      assert.equal(state, mayFollow(from, to) ? to : from, `${from} then ${to}`);
      if (isTerminal(from)) assert.equal(state, from);
    }
  }
});

test("row 13: acknowledge: what fits no update in flight is dropped", () => {
  const { driver, agent, framework } = runningScene();
  const status = agent.update(framework.id, "t1", "finished");
  framework.acknowledge({ ...status, updateId: updateId("other") });
  framework.acknowledge({ ...status, agentId: agentId("other") });
  assert.deepEqual(agent.take(), []);
  agent.disconnect();
  framework.acknowledge(status);
  assert.equal(driver.state.tables.task.size, 1, "the agent will repeat it");
});

test("row 16: kill: sent, repeated in a new session and at a report, until the task has ended", () => {
  const { agent, framework, spec } = runningScene();
  framework.kill("t1", agent.id);
  assert.deepEqual(agent.take(), [
    { type: "kill", frameworkId: framework.id, taskId: "t1", graceMs: undefined },
  ]);
  const answers = agent.connect([heldTask(spec, framework.id, "running")]);
  assert.deepEqual(
    answers.map(({ type }) => type),
    ["registered", "kill"],
  );
  assert.equal(agent.report(9, [["t1", "killing"]])[0]?.type, "kill");
  agent.update(framework.id, "t1", "killed");
  assert.deepEqual(agent.report(9, [["t1", "killed"]]), []);
});

test("row 16: kill: on another agent than the task's is ignored, of an unknown task is a reconciliation", () => {
  const { agent, framework } = runningScene();
  framework.kill("t1", agentId("other"));
  assert.deepEqual(agent.take(), []);
  framework.kill("t9", agent.id);
  assert.equal(framework.takeStatuses()[0]?.state, "gone");
});

test("row 16: kill: of a launch that did not arrive ends it", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id)]);
  framework.kill("t1");
  const last = driver.takeAgentMessages(agent.session).at(-1);
  assert.equal(last?.message.type, "kill");
  agent.report(last?.number ?? 0, []);
  const [status] = framework.takeStatuses();
  assert.deepEqual([status?.state, status?.reason], ["killed", "task-killed-during-launch"]);
  assert.equal(driver.state.tables.task.size, 0);
});

test("row 16: reconcile: a known task is told as it is", () => {
  const { agent, framework } = runningScene();
  const [status] = framework.reconcile(["t1", agent.id]);
  assert.deepEqual(
    [status?.state, status?.reason, status?.source, status?.updateId],
    ["running", "reconciliation", "master", undefined],
  );
});

test("row 16: reconcile: an unknown task of a registered agent is gone", () => {
  const { agent, framework } = runningScene();
  assert.equal(framework.reconcile(["t9", agent.id])[0]?.state, "gone");
});

test("row 16: reconcile: while an agent may still come back after a restart there is no answer", () => {
  const { driver, agent, framework } = runningScene();
  driver.restart();
  framework.subscribe();
  assert.deepEqual(framework.reconcile(["t1", agent.id]), []);
  assert.deepEqual(framework.reconcile(["t1", undefined]), []);
  driver.advance(600 * seconds);
  framework.subscribe();
  framework.take();
  assert.equal(framework.reconcile(["t9", agentId("never-heard-of")])[0]?.state, "unknown");
});

test("row 16: reconcile: an unknown task of an unreachable agent is unreachable", () => {
  const { driver, agent, framework } = runningScene();
  driver.advance(60 * seconds);
  framework.take();
  assert.equal(framework.reconcile(["t9", agent.id])[0]?.state, "unreachable");
});

test("row 16: reconcile: an unknown task of an agent marked gone is gone by operator", () => {
  const { driver, agent, framework } = runningScene();
  driver.input({ type: "mark-agent-gone", agentId: agent.id });
  framework.take();
  assert.equal(framework.reconcile(["t1", agent.id])[0]?.state, "gone-by-operator");
});

test("row 16: reconcile: what nobody knows is unknown; lost to those who are not partition-aware", () => {
  const { framework } = runningScene();
  assert.equal(framework.reconcile(["t9", agentId("nowhere")])[0]?.state, "unknown");
  assert.equal(framework.reconcile(["t9", undefined])[0]?.state, "unknown");
  const unaware = runningScene({}, { capabilities: [] }).framework;
  assert.equal(unaware.reconcile(["t9", undefined])[0]?.state, "lost");
});

test("row 16: reconcile: with no names, all that is known", () => {
  const { agent, framework } = runningScene();
  framework.call({ type: "revive", roles: [] });
  framework.launch(framework.takeOffers(), [taskSpec("t2", agent.id)]);
  assert.deepEqual(
    framework.reconcile().map(({ taskId, state }) => [taskId, state]),
    [
      ["t1", "running"],
      ["t2", "staging"],
    ],
  );
});

test("restart: tasks are remembered from the agent's registration, terminal ones until acknowledged", () => {
  const { driver, agent, framework, spec } = runningScene();
  driver.restart();
  framework.subscribe();
  agent.connect([heldTask(spec, framework.id, "finished")]);
  const status = agent.update(framework.id, "t1", "finished");
  assert.deepEqual(framework.takeStatuses(), [status]);
  framework.acknowledge(status);
  agent.take();
  driver.restart();
  framework.subscribe();
  agent.connect([heldTask(spec, framework.id, "finished")]);
  assert.equal(driver.state.tables.task.size, 0, "the history knows that this was acknowledged");
  agent.send({ type: "update", frameworkId: framework.id, status, latestState: "finished" });
  assert.deepEqual(framework.takeStatuses(), []);
  assert.equal(agent.take()[0]?.type, "acknowledge");
});

test("task ids: two frameworks may use the same, but not on one agent; an ended one may be used again", () => {
  const { driver, agent, framework } = runningScene();
  const second = new TestAgent(driver, "agent-2");
  second.connect();
  framework.decline(framework.takeOffers(), 1_000_000);
  driver.advance(1_000);
  const other = new TestFramework(driver);
  const offers = offersIn(other.subscribe());
  const on = (each: TestAgent) => offers.filter((offer) => offer.agentId === each.id);
  other.launch(on(second), [taskSpec("t1", second.id)]);
  assert.deepEqual(other.takeStatuses(), []);
  other.launch(on(agent), [taskSpec("t1", agent.id)]);
  assert.equal(other.takeStatuses()[0]?.state, "error");
  framework.acknowledge(agent.update(framework.id, "t1", "finished"));
  framework.call({ type: "revive", roles: [] });
  const again = framework.takeOffers().filter((offer) => offer.agentId === agent.id);
  framework.launch(again.slice(-1), [taskSpec("t1", agent.id)]);
  assert.equal(driver.state.tables["completed-task"].size, 0);
});

test("histories: the oldest ended tasks are forgotten", () => {
  const driver = new MasterDriver();
  const agent = new TestAgent(driver, "agent-1", resources({ cpus: 1_100, mem: 200_000 }));
  agent.connect();
  const framework = new TestFramework(driver);
  const offers = offersIn(framework.subscribe());
  framework.launch(
    offers,
    [...Array(1_000).keys()].map((n) => taskSpec(`t${n}`, agent.id)),
    0,
  );
  const end = (id: string) => {
    framework.acknowledge(agent.update(framework.id, id, "finished"));
    driver.nowMs += 1;
  };
  for (let n = 0; n < 1_000; n += 1) end(`t${n}`);
  framework.call({ type: "revive", roles: [] });
  const last = framework.takeOffers().at(-1);
  assert.ok(last !== undefined);
  framework.launch([last], [taskSpec("more", agent.id)]);
  end("more");
  const history = driver.state.tables["completed-task"];
  assert.equal(history.size, 1_000);
  assert.equal(history.has(`${framework.id}/t0`), false);
  assert.equal(history.has(`${framework.id}/more`), true);
});

test("histories: what a task was handed, and what was said beside its statuses, is not kept", () => {
  const { driver, agent, framework, offer } = scene();
  const pullConfig = '{"auths":{}}';
  const image = { kind: "image", reference: "app", forcePull: false, container: "mesos" } as const;
  const root = { ...image, pullConfig };
  framework.launch([offer], [{ ...taskSpec("t1", agent.id), handed: "aGk=", root }]);
  assert.equal(driver.state.tables.task.get(`${framework.id}/t1`)?.spec.handed, "aGk=");
  const said = { data: "Ynll", labels: [{ key: "a", value: "b" }] };
  const running = agent.update(framework.id, "t1", "running", said);
  const dataOf = () => driver.state.tables.task.get(`${framework.id}/t1`)?.statuses.map(({ data }) => data);
  assert.deepEqual(dataOf(), ["Ynll"], "it may have to be told again");
  framework.acknowledge(running);
  const finished = agent.update(framework.id, "t1", "finished", said);
  assert.deepEqual(dataOf(), [undefined, "Ynll"]);
  framework.acknowledge(finished);
  const [past] = driver.state.tables["completed-task"].values();
  assert.equal(past?.task.spec.handed, undefined);
  assert.deepEqual(past?.task.spec.root, image);
  assert.deepEqual(
    past?.task.statuses.map(({ data, labels }) => [data, labels?.length]),
    [
      [undefined, 1],
      [undefined, 1],
    ],
  );
});

test("histories: whatever was said of a task, its row can be stored", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id)]);
  const labels = [{ key: "k", value: "v".repeat(limits.updateExtrasCharactersMax) }];
  const message = "\u0001".repeat(limits.updateMessageLengthMax);
  for (const state of ["starting", "running", "killing", "finished"] as const)
    for (let count = 0; count < 4; count += 1)
      framework.acknowledge(agent.update(framework.id, "t1", state, { message, labels }));
  const [past] = driver.state.tables["completed-task"].values();
  assert.equal(past?.task.state, "finished");
  assert.ok(JSON.stringify(past?.task.statuses).length < limits.completedStatusesBytesMax);
});
