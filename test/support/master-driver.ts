/**
 * Drives the master's room by hand: decide and apply at once, effects kept by session, time moved by the test.
 *
 * Owns the fake agents' and frameworks' ends of the conversation, down to the numbering of messages. It
 * checks after every input that no agent has more given out than it has.
 */

import assert from "node:assert/strict";
import { createChance } from "#base/random.ts";
import type { MasterRecord } from "#core/master/records.ts";
import { createMasterRoom } from "#core/master/room.ts";
import { createMasterState, type MasterState } from "#core/master/state.ts";
import type { MasterConfig, MasterEffect, MasterInput } from "#core/master/types.ts";
import { agentUsage } from "#core/master/views.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import {
  type AgentId,
  type FrameworkId,
  type RoleName,
  type SessionId,
  sessionId,
  type TaskId,
  taskId,
} from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { MasterMessage } from "#model/protocol/agent-link.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import { coversResources, resources } from "#model/resources.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import type { Rejection } from "#ports/room.ts";
import { TestAgent } from "./master-agent.ts";
import { frameworkInfo, taskSpec, testMasterConfig } from "./master-fixtures.ts";

export class MasterDriver {
  readonly config: MasterConfig;
  readonly room = createMasterRoom();
  readonly chance = createChance(1);
  state: MasterState;
  nowMs = 1_000_000;
  /** Records of the newest input. */
  records: readonly MasterRecord[] = [];
  /** As a loop's: sees records before they are applied. */
  watch: ((state: MasterState, records: readonly MasterRecord[]) => (() => void) | undefined) | undefined;
  /** Effects since the last look, per kind of receiver. */
  readonly closed: SessionId[] = [];
  readonly #stored = new Map<string, string>();
  readonly #toAgents = new Map<SessionId, { number: number; message: MasterMessage }[]>();
  readonly #toFrameworks = new Map<SessionId, SchedulerEvent[]>();
  #sessions = 0;

  constructor(changes: Partial<MasterConfig> = {}) {
    this.config = { ...testMasterConfig, ...changes };
    this.state = createMasterState(this.config);
    this.input({ type: "start" });
  }

  /** Decides and applies; then ticks for as long as the room wants to. */
  input(input: MasterInput): Rejection | undefined {
    const rejection = this.#step(input);
    for (let round = 0; this.#isDue(); round += 1) {
      assert.ok(round < 1_000, "the room asks for ticks without end");
      this.#step({ type: "tick" });
    }
    return rejection;
  }

  /** Moves time, waking the room whenever it wants to be. */
  advance(durationMs: number): void {
    const untilMs = this.nowMs + durationMs;
    for (;;) {
      const wakeMs = this.room.wakeAtMs(this.state);
      if (wakeMs === undefined || wakeMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, wakeMs);
      this.input({ type: "tick" });
    }
    this.nowMs = untilMs;
  }

  /** Forgets all but the durable rows, which come back in the order that `arrange` makes. */
  restart(arrange: (rows: MasterRecord[]) => MasterRecord[] = (rows) => rows): void {
    const rows = [...this.#stored].map(([key, json]): MasterRecord => {
      const [kind, id] = JSON.parse(key) as [string, string];
      return { kind, id, value: JSON.parse(json) } as MasterRecord;
    });
    this.state = createMasterState(this.config);
    for (const row of arrange(rows)) this.room.apply(this.state, row);
    this.input({ type: "start" });
  }

  newSession(): SessionId {
    this.#sessions += 1;
    return sessionId(`s${this.#sessions}`);
  }

  takeAgentMessages(session: SessionId): { number: number; message: MasterMessage }[] {
    const messages = this.#toAgents.get(session) ?? [];
    this.#toAgents.delete(session);
    return messages;
  }

  takeEvents(session: SessionId): SchedulerEvent[] {
    const events = this.#toFrameworks.get(session) ?? [];
    this.#toFrameworks.delete(session);
    return events.filter((event) => event.type !== "heartbeat");
  }

  #isDue(): boolean {
    const wakeMs = this.room.wakeAtMs(this.state);
    return wakeMs !== undefined && wakeMs <= this.nowMs;
  }

  #step(input: MasterInput): Rejection | undefined {
    const result = this.room.decide(this.state, input, { nowMs: this.nowMs, chance: this.chance });
    if (result.kind === "rejection") return result;
    const seen = this.watch?.(this.state, result.records);
    for (const record of result.records) {
      this.room.apply(this.state, record);
      if (this.room.kinds[record.kind].durability !== "durable") continue;
      const key = JSON.stringify([record.kind, record.id]);
      if (record.value === undefined) this.#stored.delete(key);
      else this.#stored.set(key, JSON.stringify(record.value));
    }
    this.records = result.records;
    seen?.();
    for (const effect of result.effects) this.#collect(effect);
    this.#check();
    return undefined;
  }

  #collect(effect: MasterEffect): void {
    switch (effect.type) {
      case "send-agent": {
        const { session, number, message } = effect.envelope;
        const messages = this.#toAgents.get(session) ?? [];
        this.#toAgents.set(session, [...messages, { number, message }]);
        return;
      }
      case "send-framework": {
        const events = this.#toFrameworks.get(effect.session) ?? [];
        this.#toFrameworks.set(effect.session, [...events, effect.event]);
        return;
      }
      case "close-agent":
      case "close-framework":
        this.closed.push(effect.session);
        return;
      default:
        effect satisfies never;
    }
  }

  #check(): void {
    for (const agent of this.state.tables.agent.values()) {
      const { total, used, offered, unoffered } = agentUsage(this.state, agent);
      const given = resources({
        cpus: (used.cpus + offered.cpus) / 1000,
        mem: (used.mem + offered.mem) / 1000,
        disk: (used.disk + offered.disk) / 1000,
        gpus: (used.gpus + offered.gpus) / 1000,
      });
      if (offered.cpus > 0) assert.ok(coversResources(total, given), `${agent.info.name} is given twice`);
      if (agent.state === "unreachable") continue;
      assert.equal(unoffered.cpus, total.cpus - used.cpus - offered.cpus, "columns agree with the tables");
      assert.equal(unoffered.mem, total.mem - used.mem - offered.mem, "columns agree with the tables");
    }
  }
}

/** A framework's end of the conversation. */
export class TestFramework {
  readonly driver: MasterDriver;
  info: FrameworkInfo;
  session: SessionId;
  frameworkId: FrameworkId | undefined;

  constructor(driver: MasterDriver, changes: Partial<FrameworkInfo> = {}) {
    this.driver = driver;
    this.info = frameworkInfo(changes);
    this.session = driver.newSession();
  }

  get id(): FrameworkId {
    assert.ok(this.frameworkId !== undefined, "the framework has subscribed");
    return this.frameworkId;
  }

  /** Under a new session; gives the events that came with it. */
  subscribe(suppressedRoles: readonly RoleName[] = []): SchedulerEvent[] {
    this.session = this.driver.newSession();
    const { info, frameworkId } = this;
    this.call({ type: "subscribe", info, frameworkId, suppressedRoles });
    const events = this.take();
    for (const event of events) if (event.type === "subscribed") this.frameworkId = event.frameworkId;
    return events;
  }

  call(call: SchedulerCall): Rejection | undefined {
    return this.driver.input({ type: "call", session: this.session, call });
  }

  disconnect(): void {
    this.driver.input({ type: "framework-closed", session: this.session });
  }

  take(): SchedulerEvent[] {
    return this.driver.takeEvents(this.session);
  }

  takeOffers(): Offer[] {
    return offersIn(this.take());
  }

  takeStatuses(): TaskStatus[] {
    return statusesIn(this.take());
  }

  launch(
    offers: readonly Offer[],
    tasks: readonly TaskSpec[],
    refuseMs = 5_000,
    executors: readonly ExecutorSpec[] = [],
  ): Rejection | undefined {
    const offerIds = offers.map((offer) => offer.offerId);
    const operations = [{ kind: "launch", tasks, executors }] as const;
    return this.call({ type: "accept", offerIds, operations, filters: { refuseMs } });
  }

  decline(offers: readonly Offer[], refuseMs = 5_000): void {
    const offerIds = offers.map((offer) => offer.offerId);
    this.call({ type: "decline", offerIds, filters: { refuseMs } });
  }

  acknowledge(status: TaskStatus): void {
    assert.ok(status.agentId !== undefined && status.updateId !== undefined, "only such are acknowledged");
    const { agentId: from, taskId: about, updateId: id } = status;
    this.call({ type: "acknowledge", agentId: from, taskId: about, updateId: id });
  }

  kill(id: string, onAgent?: AgentId): void {
    this.call({ type: "kill", taskId: taskId(id), agentId: onAgent, graceMs: undefined });
  }

  reconcile(...questions: readonly (readonly [string, AgentId | undefined])[]): TaskStatus[] {
    const tasks = questions.map(([id, on]): { taskId: TaskId; agentId: AgentId | undefined } => ({
      taskId: taskId(id),
      agentId: on,
    }));
    this.call({ type: "reconcile", tasks });
    return this.takeStatuses();
  }
}

export const offersIn = (events: readonly SchedulerEvent[]): Offer[] =>
  events.flatMap((event) => (event.type === "offers" ? event.offers : []));

export const statusesIn = (events: readonly SchedulerEvent[]): TaskStatus[] =>
  events.flatMap((event) => (event.type === "update" ? [event.status] : []));

/** A master with one agent, one framework, and the offer of the one to the other. */
export function scene(changes: Partial<MasterConfig> = {}, info: Partial<FrameworkInfo> = {}) {
  const driver = new MasterDriver(changes);
  const agent = new TestAgent(driver, "agent-1");
  agent.connect();
  const framework = new TestFramework(driver, info);
  const [offer] = offersIn(framework.subscribe());
  assert.ok(offer !== undefined, "the agent is offered to the framework");
  return { driver, agent, framework, offer };
}

/** The scene with one task running, its update acknowledged. */
export function runningScene(changes: Partial<MasterConfig> = {}, info: Partial<FrameworkInfo> = {}) {
  const all = scene(changes, info);
  const { agent, framework, offer } = all;
  const spec = taskSpec("t1", agent.id);
  framework.launch([offer], [spec], 100_000_000);
  agent.take();
  const status = agent.update(framework.id, "t1", "running");
  framework.take();
  framework.acknowledge(status);
  agent.take();
  return { ...all, spec };
}
