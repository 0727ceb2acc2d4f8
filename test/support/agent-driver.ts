/**
 * Drives one agent room by hand: its disk, its server's containers, its master, and virtual time.
 *
 * Nothing happens by itself but time's ticks: a test says what the master sends, when a container starts or
 * ends, and when the agent's process dies, also in the middle of a batch. A restart has only what was durable,
 * as JSON, in an order of its own.
 */

import assert from "node:assert/strict";
import { createChance } from "#base/random.ts";
import { executorKey, taskKey } from "#core/agent/keys.ts";
import type { Sandbox } from "#core/agent/records.ts";
import type { AgentRoom } from "#core/agent/room.ts";
import { createAgentRoom } from "#core/agent/room.ts";
import { type AgentState, createAgentState } from "#core/agent/state.ts";
import type {
  AgentConfig,
  AgentEffect,
  AgentInput,
  HeldExecutor,
  HeldTask,
  UpdateStream,
} from "#core/agent/types.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import {
  type ContainerId,
  executorId,
  masterId,
  roleName,
  type SessionId,
  sessionId,
  taskId,
  type UpdateId,
} from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import type { ExecutorCall, ExecutorEvent, ExecutorUpdate } from "#model/protocol/executor.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import type { RejectionCode, Row } from "#ports/room.ts";
import { agentConfig, ourAgentId, ourFramework, ourFrameworkInfo } from "./agent-fixtures.ts";
import { HandContainers } from "./hand-containers.ts";

/** Where in a batch the agent's process dies. */
export type CrashPoint = "before-commit" | "before-effects" | "after-effects";

export class AgentDriver {
  nowMs = 1_000_000;
  readonly containers = new HandContainers();
  /** All that the agent ever sent. */
  readonly sent: Envelope<AgentMessage>[] = [];
  readonly reconnects: SessionId[] = [];
  /** All that executors ever heard, and which of their sessions were closed. */
  readonly heard: { readonly session: SessionId; readonly event: ExecutorEvent }[] = [];
  readonly closedSessions: SessionId[] = [];
  /** Why calls of executors were turned away. */
  readonly rejections: RejectionCode[] = [];
  stoppedCount = 0;
  session: SessionId | undefined;
  state: AgentState;
  /** Called for each message at the moment at which it is sent. */
  onSend: (envelope: Envelope<AgentMessage>) => void = () => {};
  readonly #room: AgentRoom;
  readonly #config: AgentConfig;
  readonly #chance: ReturnType<typeof createChance>;
  readonly #disk = new Map<string, { readonly kind: string; readonly id: string; readonly json: string }>();
  #sessionCount = 0;
  #masterNumber = 0;
  #readUpTo = 0;

  constructor(config: AgentConfig = agentConfig, seed = 1) {
    this.#config = config;
    this.#room = createAgentRoom(config);
    this.#chance = createChance(seed);
    this.state = createAgentState(config);
  }

  /** Started, recovered, connected and registered, with nothing left to read. */
  static registered(config: AgentConfig = agentConfig): AgentDriver {
    const driver = new AgentDriver(config);
    driver.start();
    driver.join();
    return driver;
  }

  start(): void {
    this.submit({ type: "start" });
    this.deliver();
  }

  /** Opens a session and lets the master register the agent in it. */
  join(): void {
    this.open();
    this.register();
    this.read();
  }

  /** The master's answer to the registration. */
  register(): void {
    this.master({ type: "registered", agentId: ourAgentId, masterId: masterId("m") });
  }

  open(): SessionId {
    this.#sessionCount += 1;
    this.#masterNumber = 0;
    this.session = sessionId(`session-${this.#sessionCount}`);
    this.submit({ type: "link-opened", session: this.session });
    return this.session;
  }

  cut(): void {
    const { session } = this;
    this.session = undefined;
    if (session !== undefined) this.submit({ type: "link-closed", session });
  }

  /** The next envelope of the master in this session; undefined without one. */
  compose(message: MasterMessage): Envelope<MasterMessage> | undefined {
    if (this.session === undefined) return undefined;
    this.#masterNumber += 1;
    return { session: this.session, number: this.#masterNumber, message };
  }

  master(message: MasterMessage, crash?: CrashPoint): void {
    const envelope = this.compose(message);
    assert(envelope !== undefined, "the master can send only over an open session");
    this.submit({ type: "link-message", envelope }, crash);
  }

  run(spec: TaskSpec, crash?: CrashPoint): void {
    this.runAll([spec], undefined, crash);
  }

  /** Of tasks that the executor runs, all that are named. */
  runAt(executor: ExecutorSpec, tasks: readonly TaskSpec[], crash?: CrashPoint): void {
    const { executorId: id } = executor;
    this.runAll(
      tasks.map((spec) => ({ ...spec, executorId: id })),
      executor,
      crash,
    );
  }

  /** Of tasks that share a life. */
  runGroup(executor: ExecutorSpec, tasks: readonly TaskSpec[], crash?: CrashPoint): void {
    const groupId = tasks[0]?.taskId;
    this.runAt(
      executor,
      tasks.map((spec) => ({ ...spec, groupId })),
      crash,
    );
  }

  runAll(tasks: readonly TaskSpec[], executor: ExecutorSpec | undefined, crash?: CrashPoint): void {
    const role = roleName("*");
    this.master(
      {
        type: "run",
        frameworkId: ourFramework,
        role,
        tasks,
        executor: executor && { spec: executor, role, framework: ourFrameworkInfo },
      },
      crash,
    );
  }

  kill(id: string, graceMs?: number, crash?: CrashPoint): void {
    this.master({ type: "kill", frameworkId: ourFramework, taskId: taskId(id), graceMs }, crash);
  }

  /** A new session of the executor. */
  subscribe(
    id: string,
    known: {
      readonly tasks?: readonly string[];
      readonly updates?: readonly ExecutorUpdate[];
    } = {},
  ): SessionId {
    this.#sessionCount += 1;
    const session = sessionId(`executor-session-${this.#sessionCount}`);
    this.call(
      id,
      {
        type: "subscribe",
        unacknowledgedTasks: (known.tasks ?? []).map(taskId),
        unacknowledgedUpdates: known.updates ?? [],
      },
      session,
    );
    return session;
  }

  /** Any other call comes on a session of its own. */
  call(id: string, call: ExecutorCall, session = sessionId("request"), crash?: CrashPoint): void {
    const executor = { frameworkId: ourFramework, executorId: executorId(id) };
    this.submit({ type: "executor-call", session, executor, call }, crash);
  }

  update(id: string, update: ExecutorUpdate, crash?: CrashPoint): void {
    this.call(id, { type: "update", update }, undefined, crash);
  }

  heardOn(session: SessionId): readonly ExecutorEvent[] {
    return this.heard.flatMap((one) => (one.session === session ? [one.event] : []));
  }

  /** Runs a task up to the acknowledged `running` update. */
  runToRunning(spec: TaskSpec): void {
    this.run(spec);
    this.containers.start(spec.taskId);
    this.deliver();
    this.acknowledgeAll();
    this.read();
  }

  acknowledge(status: TaskStatus): void {
    assert(status.updateId !== undefined);
    this.acknowledgeUpdate(status.taskId, status.updateId);
  }

  acknowledgeUpdate(id: string, update: UpdateId): void {
    this.master({
      type: "acknowledge",
      frameworkId: ourFramework,
      taskId: taskId(id),
      updateId: update,
    });
  }

  acknowledgeAll(): void {
    for (let round = 0; this.state.streams.size > 0; round += 1) {
      assert(round < 1_000, "acknowledging comes to an end");
      for (const stream of [...this.state.streams.values()]) {
        const first = stream.pending[0];
        if (first !== undefined) this.acknowledge(first);
      }
    }
  }

  /** Hands the containers' outcomes to the agent, and those that follow from them. */
  deliver(): void {
    for (let next = this.containers.outcomes.shift(); next !== undefined; ) {
      this.submit({ type: "container", outcome: next });
      next = this.containers.outcomes.shift();
    }
  }

  /** Hands over the first of the containers' outcomes alone. */
  submitNext(): void {
    const outcome = this.containers.outcomes.shift();
    assert(outcome !== undefined, "a container has something to say");
    this.submit({ type: "container", outcome });
  }

  /** Moves time, with a tick whenever the room wants one. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let ticks = 0; ; ticks += 1) {
      assert(ticks < 100_000, "the room does not tick for ever");
      const wakeAtMs = this.#room.wakeAtMs(this.state);
      if (wakeAtMs === undefined || wakeAtMs > untilMs) break;
      this.nowMs = Math.max(this.nowMs, wakeAtMs);
      this.submit({ type: "tick" });
    }
    this.nowMs = untilMs;
  }

  wakesInMs(): number | undefined {
    const atMs = this.#room.wakeAtMs(this.state);
    return atMs === undefined ? undefined : atMs - this.nowMs;
  }

  submit(input: AgentInput, crash?: CrashPoint): void {
    const decision = this.#room.decide(this.state, input, { nowMs: this.nowMs, chance: this.#chance });
    if (decision.kind === "rejection") {
      this.rejections.push(decision.code);
      return;
    }
    if (crash === "before-commit") return this.#die();
    for (const record of decision.records) {
      this.#room.apply(this.state, record);
      if (this.#room.kinds[record.kind].durability === "durable") this.#write(record);
    }
    if (crash === "before-effects") return this.#die();
    for (const effect of decision.effects) this.#perform(effect);
    if (crash === "after-effects") this.#die();
  }

  /** The process dies and comes back; what was just starting becomes what `orphans` says. */
  crash(orphans: "run" | "vanish" = "vanish"): void {
    this.containers.orphan(orphans);
    this.#die();
  }

  /** The messages since the last reading. */
  read(): readonly AgentMessage[] {
    const fresh = this.sent.slice(this.#readUpTo).map((envelope) => envelope.message);
    this.#readUpTo = this.sent.length;
    return fresh;
  }

  /** The statuses among the messages since the last reading. */
  readUpdates(): readonly TaskStatus[] {
    return this.read().flatMap((message) => (message.type === "update" ? [message.status] : []));
  }

  storedTasks(): readonly HeldTask[] {
    return this.#stored<HeldTask>("held-task");
  }

  storedStreams(): readonly UpdateStream[] {
    return this.#stored<UpdateStream>("update-stream");
  }

  storedExecutors(): readonly HeldExecutor[] {
    return this.#stored<HeldExecutor>("held-executor");
  }

  /** Of our framework, as the room holds it now. */
  task(id: string): HeldTask | undefined {
    return this.state.tasks.get(taskKey(ourFramework, taskId(id)));
  }

  executor(id: string): HeldExecutor | undefined {
    return this.state.executors.get(executorKey(ourFramework, executorId(id)));
  }

  /** Of what has ended. */
  sandbox(id: string): Sandbox | undefined {
    return this.state.sandboxes.get(executorKey(ourFramework, executorId(id)));
  }

  /** Puts what an earlier release left in the place of all but the identity: the next restart finds it so. */
  plant(rows: readonly { readonly kind: string; readonly id: string; readonly value: unknown }[]): void {
    for (const [key, { kind }] of this.#disk) if (kind !== "identity") this.#disk.delete(key);
    for (const { kind, id, value } of rows)
      this.#disk.set(`${kind}\0${id}`, { kind, id, json: JSON.stringify(value) });
  }

  storedIds(kind: string): readonly string[] {
    return [...this.#disk.values()].filter((row) => row.kind === kind).map(({ id }) => id);
  }

  containerOf(id: string): ContainerId {
    const held = this.task(id);
    assert(held !== undefined, `the agent holds task ${id}`);
    return held.containerId;
  }

  #stored<Value>(kind: string): Value[] {
    return [...this.#disk.values()].filter((row) => row.kind === kind).map((row) => JSON.parse(row.json));
  }

  #write(record: Row): void {
    const key = `${record.kind}\0${record.id}`;
    this.#disk.delete(key);
    if (record.value === undefined) return;
    this.#disk.set(key, { kind: record.kind, id: record.id, json: JSON.stringify(record.value) });
  }

  /** A new process with the rows from the disk, the newest first, so that no order can be relied on. */
  #die(): void {
    this.session = undefined;
    this.containers.outcomes.length = 0;
    this.state = createAgentState(this.#config);
    for (const { kind, id, json } of [...this.#disk.values()].reverse()) {
      this.#room.apply(this.state, { kind, id, value: JSON.parse(json) } as Parameters<
        AgentRoom["apply"]
      >[1]);
    }
    this.submit({ type: "start" });
  }

  #perform(effect: AgentEffect): void {
    switch (effect.type) {
      case "send":
        this.sent.push(effect.envelope);
        this.onSend(effect.envelope);
        return;
      case "reconnect":
        this.reconnects.push(effect.session);
        if (this.session === effect.session) this.cut();
        return;
      case "container":
        this.containers.perform(effect.effect);
        return;
      case "send-executor":
        this.heard.push({ session: effect.session, event: effect.event });
        return;
      case "close-executor":
        this.closedSessions.push(effect.session);
        return;
      case "stopped":
        this.stoppedCount += 1;
        return;
      default:
        effect satisfies never;
    }
  }
}
