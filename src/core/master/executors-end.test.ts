/**
 * Executors in the master: how they end, by themselves and on order, and what is known after a restart.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AgentId, executorId } from "#model/ids.ts";
import {
  executorScene,
  failuresIn,
  nextOffer,
  ownExecutor as own,
  shutdownsIn,
  executorTask as task,
} from "../../../test/support/executor-scene.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { offersIn, scene, type TestFramework } from "../../../test/support/master-driver.ts";
import { heldExecutor, heldTask, taskSpec } from "../../../test/support/master-fixtures.ts";

describe("executors: ended", () => {
  const gone = { executorId: "e", end: { exit: { kind: "code", code: 7 }, message: "exited" } } as const;

  it("as the agent says: the framework hears of it once, and the room is free", () => {
    const { driver, agent, framework } = executorScene();
    agent.update(framework.id, "t1", "failed", { reason: "executor-terminated" });
    framework.take();
    agent.endExecutor(framework.id, "e", 7);
    const events = framework.take();
    assert.deepEqual(failuresIn(events), [{ type: "failure", agentId: agent.id, executor: gone }]);
    agent.endExecutor(framework.id, "e", 7);
    agent.report(100, [["t1", "failed"]], []);
    assert.deepEqual(failuresIn(framework.take()), []);
    assert.equal(driver.state.tables.executor.size, 0);
    assert.equal(driver.state.tables["sent-run"].size, 1, "that of the task");
  });

  it("as a report shows that could have it", () => {
    const { driver, agent, framework, offer } = scene();
    framework.launch([offer], [task("t1", agent.id)], 0, [own]);
    const run = driver.takeAgentMessages(agent.session).at(-1)?.number ?? 0;
    agent.update(framework.id, "t1", "running");
    framework.take();
    agent.report(run - 1, [["t1", "running"]], [], framework.id);
    assert.equal(driver.state.tables.executor.size, 1, "it is older than the launch");
    agent.report(run, [["t1", "running"]], [], framework.id);
    assert.equal(driver.state.tables.executor.size, 0);
    assert.equal(failuresIn(framework.take())[0]?.executor?.executorId, "e");
  });

  it("stay for a task that is on its way to them, which starts them again", () => {
    const { driver, agent, framework } = executorScene();
    framework.launch([nextOffer(driver, framework)], [task("t2", agent.id)], 0, [own]);
    agent.update(framework.id, "t1", "failed");
    agent.endExecutor(framework.id, "e");
    assert.equal(failuresIn(framework.take()).length, 1);
    assert.equal(driver.state.tables.executor.size, 1);
    agent.update(framework.id, "t2", "running");
    agent.report(100, [["t2", "running"]], ["e"]);
    agent.endExecutor(framework.id, "e");
    assert.equal(failuresIn(framework.take()).length, 1, "the second time that it ended");
    assert.equal(driver.state.tables.executor.size, 0);
  });

  it("go with the last task that was on its way, when that failed without them", () => {
    const { driver, agent, framework, offer } = scene();
    framework.launch([offer], [task("t1", agent.id)], 0, [own]);
    agent.endExecutor(framework.id, "e");
    assert.equal(driver.state.tables.executor.size, 1);
    agent.update(framework.id, "t1", "failed");
    assert.equal(driver.state.tables.executor.size, 0);
    assert.equal(failuresIn(framework.take()).length, 1, "told once");
  });

  it("with their agent, and come back with it", () => {
    const { driver, agent, framework } = executorScene();
    agent.disconnect();
    assert.equal(driver.state.tables.executor.size, 1, "it may be back in a moment");
    driver.advance(60_000);
    assert.equal(driver.state.tables.executor.size, 0);
    agent.connect(
      [heldTask(task("t1", agent.id), framework.id, "running")],
      [heldExecutor(own, framework.id)],
    );
    assert.equal(driver.state.tables.executor.size, 1);
    assert.equal(nextOffer(driver, framework).resources.cpus, 2_500);
    driver.input({ type: "mark-agent-gone", agentId: agent.id });
    assert.equal(driver.state.tables.executor.size, 0);
  });
});

describe("executors: after a restart of the master", () => {
  it("are taken in as the agent holds them, before anything is offered", () => {
    const { driver, agent, framework } = executorScene();
    driver.restart();
    agent.connect(
      [heldTask(task("t1", agent.id), framework.id, "running")],
      [heldExecutor(own, framework.id)],
    );
    const [offer] = offersIn(framework.subscribe());
    assert.equal(offer?.resources.cpus, 2_500);
    framework.launch([offer as NonNullable<typeof offer>], [task("t2", agent.id)], 0, [own]);
    assert.deepEqual(framework.takeStatuses(), []);
  });

  it("are asked to end when their framework is over, and keep their room until they have", () => {
    const { driver, agent, framework } = executorScene();
    framework.call({ type: "teardown" });
    driver.restart();
    const messages = agent.connect([], [heldExecutor(own, framework.id)]);
    assert.deepEqual(shutdownsIn(messages), ["e"]);
    assert.equal(driver.state.tables.executor.size, 1);
    assert.deepEqual(shutdownsIn(agent.report(100, [], ["e"], framework.id)), ["e"], "and again");
    agent.report(101, [], [], framework.id);
    assert.equal(driver.state.tables.executor.size, 0);
  });

  it("one of which only a report tells is asked to end", () => {
    const { agent, framework } = scene();
    assert.deepEqual(shutdownsIn(agent.report(100, [], ["stray"], framework.id)), ["stray"]);
  });
});

describe("executors: asked to end", () => {
  const shutdown = (framework: TestFramework, agentId: AgentId, id: string) =>
    framework.call({ type: "shutdown", executorId: executorId(id), agentId });

  it("by their framework, again and again until they have", () => {
    const { driver, agent, framework } = executorScene();
    shutdown(framework, agent.id, "e");
    assert.deepEqual(shutdownsIn(agent.take()), ["e"]);
    assert.deepEqual(shutdownsIn(agent.report(100, [["t1", "running"]], ["e"])), ["e"]);
    agent.update(framework.id, "t1", "killed");
    agent.endExecutor(framework.id, "e");
    assert.equal(driver.state.tables["kill-request"].size, 0);
  });

  it("a built-in one by its task's id", () => {
    const { agent, framework, offer } = scene();
    framework.launch([offer], [taskSpec("t1", agent.id)]);
    agent.take();
    shutdown(framework, agent.id, "none");
    assert.deepEqual(agent.take(), []);
    shutdown(framework, agent.id, "t1");
    assert.equal(agent.take()[0]?.type, "kill");
  });

  it("by the framework's teardown", () => {
    const { driver, agent, framework } = executorScene();
    framework.call({ type: "teardown" });
    assert.deepEqual(shutdownsIn(agent.take()), ["e"]);
    assert.equal(driver.state.tables.executor.size, 1);
  });

  it("by a drain, once their tasks have had their grace; the agent is drained when they are gone", () => {
    const { driver, agent, framework } = executorScene();
    driver.input({ type: "drain-agent", agentId: agent.id, maxGraceMs: undefined, markGone: false });
    assert.deepEqual(
      agent.take().map(({ type }) => type),
      ["kill"],
    );
    const status = agent.update(framework.id, "t1", "killed");
    assert.deepEqual(shutdownsIn(agent.take()), ["e"]);
    framework.acknowledge(status);
    const drainState = () => driver.state.tables.agent.get(agent.id)?.drain?.state;
    assert.equal(drainState(), "draining");
    agent.endExecutor(framework.id, "e");
    assert.equal(drainState(), "drained");
  });

  it("by maintenance of their machine, at once", () => {
    const { driver, agent } = executorScene();
    const machines = [{ hostname: "agent-1.test", address: undefined }];
    const unavailability = { startMs: 0, durationMs: undefined };
    const schedule = { windows: [{ machines, unavailability }] };
    driver.input({ type: "update-maintenance-schedule", schedule });
    driver.input({ type: "start-maintenance", machines });
    assert.deepEqual(shutdownsIn(agent.take()), ["e"]);
  });

  it("inverse offers go to a framework that has but an executor there", () => {
    const { driver, agent, framework } = executorScene();
    framework.acknowledge(agent.update(framework.id, "t1", "finished"));
    framework.take();
    const machines = [{ hostname: "agent-1.test", address: undefined }];
    const schedule = { windows: [{ machines, unavailability: { startMs: 0, durationMs: undefined } }] };
    driver.input({ type: "update-maintenance-schedule", schedule });
    assert.ok(framework.take().some(({ type }) => type === "inverse-offers"));
  });
});

describe("executors: messages", () => {
  it("down and up, and nowhere when nobody is there", () => {
    const { driver, agent, framework } = executorScene();
    const about = { executorId: own.executorId, data: "aGk=" };
    const frameworkId = framework.id;
    framework.call({ type: "message", agentId: agent.id, ...about });
    assert.deepEqual(agent.take(), [{ type: "executor-message", frameworkId, ...about }]);
    agent.send({ type: "executor-message", frameworkId, ...about });
    assert.deepEqual(framework.take(), [{ type: "message", agentId: agent.id, ...about }]);
    const absent = new TestAgent(driver, "agent-2");
    framework.call({ type: "message", agentId: absent.id, ...about });
    framework.disconnect();
    agent.send({ type: "executor-message", frameworkId, ...about });
    assert.deepEqual(agent.take(), []);
  });
});
