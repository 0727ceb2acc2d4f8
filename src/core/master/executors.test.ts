/**
 * Executors in the master: launched and booked with the first of their tasks, and sent again when that is lost.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ExecutorSpec } from "#model/executor.ts";
import { type Resources, resources } from "#model/resources.ts";
import {
  executorScene,
  failuresIn,
  nextOffer,
  ownExecutor as own,
  runsIn,
  executorTask as task,
} from "../../../test/support/executor-scene.ts";
import { scene, statusesIn } from "../../../test/support/master-driver.ts";
import {
  executorSpec,
  heldExecutor,
  heldTask,
  onExecutor,
  taskSpec,
} from "../../../test/support/master-fixtures.ts";
import { executorsOfFramework, executorsOnAgent, listExecutors } from "./views.ts";

describe("executors: launched", () => {
  it("with the first of their tasks, booked once, and sent with each", () => {
    const { driver, agent, framework, offer } = scene();
    framework.launch([offer], [task("t1", agent.id), task("t2", agent.id)], 0, [own]);
    const messages = agent.take();
    assert.deepEqual(runsIn(messages), [
      [["t1"], "e"],
      [["t2"], "e"],
    ]);
    const [run] = messages;
    assert.ok(run?.type === "run");
    assert.deepEqual(run.executor, { spec: own, role: "*", framework: framework.info });
    assert.equal(nextOffer(driver, framework).resources.cpus, 4_000 - 500 - 2_000);
    const [executor] = listExecutors(driver.state);
    assert.deepEqual([executor?.spec, executor?.agentId, executor?.role], [own, agent.id, "*"]);
    assert.deepEqual(executorsOnAgent(driver.state, agent.id), [executor]);
    assert.deepEqual(executorsOfFramework(driver.state, framework.id), [executor]);
  });

  it("hold their resources when no task is left", () => {
    const { driver, agent, framework } = executorScene();
    framework.acknowledge(agent.update(framework.id, "t1", "finished"));
    assert.equal(nextOffer(driver, framework).resources.cpus, 3_500);
    agent.endExecutor(framework.id, "e");
    assert.equal(nextOffer(driver, framework).resources.cpus, 4_000);
  });

  it("need room of their own, but only once", () => {
    const { driver, agent, framework, offer } = scene();
    const tasks = [task("t1", agent.id, resources({ cpus: 3.6, mem: 10 }))];
    framework.launch([offer], tasks, 0, [own]);
    const [refused] = framework.takeStatuses();
    assert.equal(refused?.state, "error");
    assert.match(
      refused?.message ?? "",
      /^Total resources cpus 4\.1, .* required by task and its executor is more/,
    );
    assert.equal(listExecutors(driver.state).length, 0, "it is not there for a task that is not");
    const first = task("t1", agent.id, resources({ cpus: 1, mem: 10 }));
    const second = task("t2", agent.id, resources({ cpus: 2.5, mem: 10 }));
    framework.launch([nextOffer(driver, framework)], [first, second], 0, [own]);
    assert.deepEqual(framework.takeStatuses(), []);
    assert.equal(runsIn(agent.take()).length, 2);
  });

  it("with one id are one: another description of it is refused", () => {
    const { driver, agent, framework } = executorScene();
    const other = { ...own, command: { kind: "shell", text: "./another" } } as const;
    framework.launch([nextOffer(driver, framework)], [task("t2", agent.id)], 0, [other]);
    const [refused] = framework.takeStatuses();
    assert.equal(
      refused?.message,
      "ExecutorInfo is not compatible with existing ExecutorInfo with same ExecutorID",
    );
    const reworded = { ...own, handed: "another encoding" };
    framework.launch([nextOffer(driver, framework)], [task("t2", agent.id)], 0, [reworded]);
    assert.deepEqual(framework.takeStatuses(), []);
    assert.deepEqual(runsIn(agent.take()), [[["t2"], "e"]]);
  });

  it("are the same in whatever order their variables come, and whatever labels and grace they are given", () => {
    const { driver, agent, framework, offer } = scene();
    const first = { ...own, env: { A: "1", B: "2" } };
    framework.launch([offer], [task("t1", agent.id)], 0, [first]);
    const again = { ...own, env: { B: "2", A: "1" }, labels: [{ key: "k", value: "v" }], shutdownGraceMs: 1 };
    framework.launch([nextOffer(driver, framework)], [task("t2", agent.id)], 0, [again]);
    assert.deepEqual(framework.takeStatuses(), []);
    const other = { ...own, env: { A: "2", B: "2" } };
    framework.launch([nextOffer(driver, framework)], [task("t3", agent.id)], 0, [other]);
    assert.match(framework.takeStatuses()[0]?.message ?? "", /^ExecutorInfo is not compatible/);
  });

  it("are refused with what is wrong with them", () => {
    const { driver, agent, framework } = scene();
    const tries: readonly (readonly [ExecutorSpec[], RegExp])[] = [
      [[], /of which nothing else is said/],
      [[executorSpec("e", resources({ cpus: 1, ports: [[31000, 31001]] }))], /overlapping/],
      [
        [executorSpec("e", { ...own.resources, cpus: -1 as typeof own.resources.cpus })],
        /Executor uses invalid/,
      ],
    ];
    for (const [executors, message] of tries) {
      const spec = task("t1", agent.id, resources({ cpus: 1, ports: [[31001, 31001]] }));
      framework.launch([nextOffer(driver, framework)], [spec], 0, executors);
      assert.match(framework.takeStatuses()[0]?.message ?? "", message);
    }
    assert.deepEqual(agent.take(), []);
  });

  it("of a group take a known least", () => {
    const { driver, agent, framework } = scene();
    const tries: readonly (readonly [Resources, RegExp])[] = [
      [
        resources({ mem: 32, disk: 1 }),
        /^Executor 'e' uses less CPUs \(None\) than the minimum required \(0\.01\)$/,
      ],
      [resources({ cpus: 0.1, mem: 16, disk: 1 }), /less memory \(16\)/],
      [resources({ cpus: 0.1, mem: 32 }), /^Executor 'e' uses no disk$/],
    ];
    for (const [amount, message] of tries) {
      const executor = executorSpec("e", amount, "default");
      const { offerId } = nextOffer(driver, framework);
      const tasks = [onExecutor(taskSpec("t1", agent.id), "e", "t1")];
      const operations = [{ kind: "launch-group", executor, tasks }] as const;
      framework.call({ type: "accept", offerIds: [offerId], operations, filters: { refuseMs: 0 } });
      assert.match(framework.takeStatuses()[0]?.message ?? "", message);
    }
  });

  it("a group may not use one port twice", () => {
    const { agent, framework, offer } = scene();
    const executor = executorSpec("e", undefined, "default");
    const member = (id: string) =>
      onExecutor(taskSpec(id, agent.id, resources({ cpus: 1, ports: [[31000, 31000]] })), "e", "t1");
    const operations = [{ kind: "launch-group", executor, tasks: [member("t1"), member("t2")] }] as const;
    framework.call({ type: "accept", offerIds: [offer.offerId], operations, filters: { refuseMs: 0 } });
    assert.deepEqual(
      framework.takeStatuses().map(({ taskId, state, reason }) => [taskId, state, reason]),
      [
        ["t1", "error", "task-group-invalid"],
        ["t2", "error", "task-group-invalid"],
      ],
    );
  });

  it("tasks of two frameworks may have one id on an agent", () => {
    const { driver, agent, framework } = executorScene();
    const held = heldTask(taskSpec("t1", agent.id), "other" as typeof framework.id, "running");
    agent.connect(
      [heldTask(task("t1", agent.id), framework.id, "running"), held],
      [heldExecutor(own, framework.id)],
    );
    assert.equal(driver.state.tables.task.size, 2);
    agent.update("other" as typeof framework.id, "t1", "killed");
    assert.deepEqual(
      [...driver.state.tables.task.values()].map((each) => each.frameworkId),
      [framework.id],
    );
  });
});

describe("row 17: a launch that is lost", () => {
  it("is sent again with its executor, and neither is given up meanwhile", () => {
    const { driver, agent, framework, offer } = scene();
    framework.launch([offer], [task("t1", agent.id)], 0, [own]);
    const run = driver.takeAgentMessages(agent.session).at(-1)?.number ?? 0;
    assert.deepEqual(agent.report(run - 1, [], [], framework.id), [], "it may still be under way");
    assert.deepEqual(runsIn(agent.report(run, [], [], framework.id)), [[["t1"], "e"]]);
    assert.deepEqual(runsIn(agent.connect()), [[["t1"], "e"]], "also in a new session");
    assert.equal(listExecutors(driver.state).length, 1);
    assert.deepEqual(failuresIn(framework.take()), []);
    agent.report(100, [["t1", "staging"]], ["e"]);
    assert.equal(listExecutors(driver.state).length, 1);
  });

  it("is sent again whole when it is of a group", () => {
    const { agent, framework, offer } = groupScene();
    assert.deepEqual(runsIn(agent.report(100, [], [], framework.id)), [[["t1", "t2"], "e"]]);
    assert.ok(offer !== undefined);
  });

  it("is not sent again when one of its group is killed, and the whole group is", () => {
    const { driver, agent, framework } = groupScene();
    framework.kill("t2");
    assert.deepEqual(runsIn(agent.report(100, [], [], framework.id)), []);
    const events = framework.take();
    assert.deepEqual(
      statusesIn(events).map(({ taskId, state, reason }) => [taskId, state, reason]),
      [
        ["t1", "killed", "task-killed-during-launch"],
        ["t2", "killed", "task-killed-during-launch"],
      ],
    );
    assert.equal(listExecutors(driver.state).length, 0);
  });

  function groupScene() {
    const all = scene();
    const { agent, framework, offer } = all;
    const executor = executorSpec("e", undefined, "default");
    const tasks = ["t1", "t2"].map((id) => onExecutor(taskSpec(id, agent.id), "e", "t1"));
    const operations = [{ kind: "launch-group", executor, tasks }] as const;
    framework.call({ type: "accept", offerIds: [offer.offerId], operations, filters: { refuseMs: 0 } });
    agent.take();
    return all;
  }
});
