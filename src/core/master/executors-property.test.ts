/**
 * Executors in the master, whatever is lost on the way: nothing is booked twice or for ever, and in the end the
 * master has what the agent has.
 *
 * The agent here is a few lines long: it does what it is told at once, or never hears of it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ExecutorId, executorId, type TaskId } from "#model/ids.ts";
import { agentLinkVersion, type MasterMessage } from "#model/protocol/agent-link.ts";
import { resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { isTerminal } from "#model/task-state.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver, TestFramework } from "../../../test/support/master-driver.ts";
import {
  executorSpec,
  heldExecutor,
  heldTask,
  onExecutor,
  taskSpec,
} from "../../../test/support/master-fixtures.ts";
import { executorKey, taskKey } from "./records.ts";
import { wasSeenAtAgent } from "./status.ts";

class Play {
  readonly driver = new MasterDriver();
  readonly agent = new TestAgent(this.driver, "agent-1");
  readonly framework = new TestFramework(this.driver, { failoverTimeoutMs: 10_000_000 });
  readonly executors = new Set<ExecutorId>();
  readonly tasks = new Map<TaskId, TaskSpec>();
  #seen = 0;
  #launched = 0;

  constructor() {
    this.agent.connect();
    this.framework.subscribe();
  }

  /** On executor `e` or `f`, alone or as a group of two; or on none. */
  launch(on: "e" | "f" | "none", group: boolean): void {
    const { driver, framework, agent } = this;
    const [offer] = driver.state.tables.offer.values();
    if (offer === undefined) return;
    const next = (groupId?: string): TaskSpec => {
      this.#launched += 1;
      const spec = taskSpec(`t${this.#launched}`, agent.id, resources({ cpus: 0.5, mem: 64 }));
      return on === "none" ? spec : onExecutor(spec, on, groupId);
    };
    const isGroup = group && on !== "none";
    const executor = executorSpec(on, undefined, on === "f" ? "default" : "custom");
    const first = next(isGroup ? `t${this.#launched + 1}` : undefined);
    const operations = isGroup
      ? ([{ kind: "launch-group", executor, tasks: [first, next(first.taskId)] }] as const)
      : ([{ kind: "launch", tasks: [first], executors: on === "none" ? [] : [executor] }] as const);
    framework.call({ type: "accept", offerIds: [offer.offerId], operations, filters: { refuseMs: 0 } });
  }

  /** The agent reads its mail; `lost`: it never comes. */
  mail(lost: (message: MasterMessage) => boolean): void {
    for (const { number, message } of this.driver.takeAgentMessages(this.agent.session)) {
      if (lost(message)) continue;
      this.#seen = number;
      if (message.type === "registered") this.agent.agentId = message.agentId;
      if (message.type === "run") {
        for (const spec of message.tasks) this.tasks.set(spec.taskId, spec);
        if (message.executor !== undefined) this.executors.add(message.executor.spec.executorId);
      }
      if (message.type === "kill") this.endTask(message.taskId);
      if (message.type === "shutdown-executor") this.endExecutor(message.executorId, true);
    }
  }

  /** The framework hears of it and acknowledges at once. */
  endTask(id: TaskId | undefined): void {
    if (id === undefined || !this.tasks.delete(id)) return;
    const status = this.agent.update(this.framework.id, id, "finished");
    this.framework.acknowledge(status);
  }

  endExecutor(id: ExecutorId, isTold: boolean): void {
    if (!this.executors.delete(id)) return;
    if (isTold) this.agent.endExecutor(this.framework.id, id);
    for (const { taskId, executorId: on } of [...this.tasks.values()]) if (on === id) this.endTask(taskId);
  }

  report(): void {
    const tasks = [...this.tasks.keys()].map((id) => [id, "running"] as const);
    const { agent, framework } = this;
    agent.send({
      type: "report",
      seen: this.#seen,
      checkpointVersion: 0,
      tasks: tasks.map(([taskId, state]) => ({ frameworkId: framework.id, taskId, state })),
      executors: [...this.executors].map((id) => ({ frameworkId: framework.id, executorId: id })),
    });
  }

  reconnect(isLate: boolean): void {
    this.agent.disconnect();
    if (isLate) this.driver.advance(70_000);
    this.#seen = 0;
    const { framework, agent } = this;
    agent.open();
    const held = [...this.tasks.values()].map((spec) => heldTask(spec, framework.id, "running"));
    const executors = [...this.executors].map((id) =>
      heldExecutor(executorSpec(id, undefined, id === "f" ? "default" : "custom"), framework.id),
    );
    const { key, agentId, info, checkpoint } = agent;
    const version = agentLinkVersion;
    agent.send({ type: "register", version, key, agentId, info, checkpoint, tasks: held, executors });
  }

  check(): void {
    const { tables, indexes } = this.driver.state;
    for (const key of tables["sent-run"].keys())
      assert.ok(tables.task.has(key) || tables.executor.has(key), `sent-run ${key} is of nothing`);
    for (const key of tables["kill-request"].keys())
      assert.ok(tables.task.has(key) || tables.executor.has(key), `kill-request ${key} is of nothing`);
    const indexed = [...(indexes.executorsByAgent.get(this.agent.id) ?? [])].sort();
    assert.deepEqual(indexed, [...tables.executor.keys()].sort());
    assert.deepEqual([...(indexes.executorsByFramework.get(this.framework.id) ?? [])].sort(), indexed);
    for (const task of tables.task.values()) {
      const { executorId: on, agentId } = task.spec;
      if (on === undefined || isTerminal(task.state) || wasSeenAtAgent(task)) continue;
      if (task.state === "unreachable") continue;
      assert.ok(
        tables.executor.has(executorKey(task.frameworkId, agentId, on)),
        "a task awaits its executor",
      );
    }
  }

  /** When nothing is lost any more, master and agent agree. */
  settle(): void {
    for (let round = 0; round < 4; round += 1) {
      // A ping, whose number shows what came before it.
      this.driver.advance(this.driver.config.pingIntervalMs);
      this.mail(() => false);
      this.report();
    }
    const { tables } = this.driver.state;
    const { framework, agent } = this;
    const mine = [...this.executors].map((id) => executorKey(framework.id, agent.id, id));
    assert.deepEqual([...tables.executor.keys()].sort(), mine.sort());
    const live = [...tables.task].filter(([, task]) => !isTerminal(task.state)).map(([key]) => key);
    assert.deepEqual(live.sort(), [...this.tasks.keys()].map((id) => taskKey(framework.id, id)).sort());
  }
}

const step = fc.oneof(
  fc.record({
    what: fc.constant("launch" as const),
    on: fc.constantFrom("e" as const, "f" as const, "none" as const),
    group: fc.boolean(),
  }),
  fc.record({ what: fc.constant("mail" as const), lost: fc.array(fc.boolean(), { maxLength: 6 }) }),
  fc.record({ what: fc.constant("end-task" as const), place: fc.nat(5) }),
  fc.record({
    what: fc.constant("end-executor" as const),
    id: fc.constantFrom("e", "f"),
    told: fc.boolean(),
  }),
  fc.record({ what: fc.constant("report" as const) }),
  fc.record({ what: fc.constant("reconnect" as const), late: fc.boolean() }),
  fc.record({ what: fc.constant("shutdown" as const), id: fc.constantFrom("e", "f") }),
  fc.record({ what: fc.constant("time" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function take(play: Play, now: Step): void {
  switch (now.what) {
    case "launch":
      return play.launch(now.on, now.group);
    case "mail": {
      let place = 0;
      return play.mail((message) => message.type !== "registered" && now.lost[place++] === true);
    }
    case "end-task":
      return play.endTask([...play.tasks.keys()][now.place]);
    case "end-executor":
      return play.endExecutor(executorId(now.id), now.told);
    case "report":
      return play.report();
    case "reconnect":
      return play.reconnect(now.late);
    case "shutdown": {
      const { agent, framework } = play;
      framework.call({ type: "shutdown", executorId: executorId(now.id), agentId: agent.id });
      return;
    }
    case "time":
      return play.driver.advance(1_000);
    default:
      return now satisfies never;
  }
}

test("executors: whatever is lost, master and agent come to agree, and nothing is booked for nobody", () => {
  const property = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const play = new Play();
    for (const now of steps) {
      take(play, now);
      play.check();
    }
    play.settle();
  });
  fc.assert(property, { numRuns: 300 });
});
