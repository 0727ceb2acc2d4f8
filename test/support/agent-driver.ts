/**
 * Drives one agent room by hand: its disk, its server's containers, its master, and virtual time.
 *
 * Nothing happens by itself but time's ticks: a test says what the master sends, when a container starts or
 * ends, and when the agent's process dies, also in the middle of a batch. A restart has only what was durable,
 * as JSON, in an order of its own.
 */

import assert from "node:assert/strict";
import { createChance } from "#base/random.ts";
import type { AgentRoom } from "#core/agent/room.ts";
import { createAgentRoom } from "#core/agent/room.ts";
import { type AgentState, createAgentState } from "#core/agent/state.ts";
import type { AgentConfig, AgentEffect, AgentInput, HeldTask, UpdateStream } from "#core/agent/types.ts";
import {
  agentId,
  type ContainerId,
  frameworkId,
  masterId,
  roleName,
  type SessionId,
  sessionId,
  taskId,
  updateId,
} from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import { resources } from "#model/resources.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import type { Row } from "#ports/room.ts";
import { HandContainers } from "./hand-containers.ts";

export const agentConfig: AgentConfig = {
  info: {
    name: "agent-1",
    hostname: "node1.example",
    endpoint: { address: "127.0.0.11", port: 5051 },
    resources: resources({ cpus: 4, mem: 4096 }),
    attributes: {},
    version: "0.1.0",
    isolation: "none",
  },
  masterTimeoutMs: 60_000,
  allowRoot: false,
};

export const ourAgentId = agentId("m-S0");
export const ourFramework = frameworkId("m-0000");

export const taskSpec = (id: string, change: Partial<TaskSpec> = {}): TaskSpec => ({
  taskId: taskId(id),
  name: id,
  agentId: ourAgentId,
  resources: resources({ cpus: 1, mem: 64 }),
  limits: {},
  command: { kind: "shell", text: "sleep 1000" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  labels: {},
  ports: [],
  killGraceMs: 3_000,
  healthCheck: undefined,
  ...change,
});

/** Where in a batch the agent's process dies. */
export type CrashPoint = "before-commit" | "before-effects" | "after-effects";

export class AgentDriver {
  nowMs = 1_000_000;
  readonly containers = new HandContainers();
  /** All that the agent ever sent. */
  readonly sent: Envelope<AgentMessage>[] = [];
  readonly reconnects: SessionId[] = [];
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
    this.master(
      { type: "run", frameworkId: ourFramework, role: roleName("*"), spec, group: undefined },
      crash,
    );
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
    this.master({ type: "acknowledge", taskId: status.taskId, updateId: status.updateId });
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
    assert(decision.kind === "decision");
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

  /** What a restart would find. */
  storedTasks(): readonly HeldTask[] {
    return this.#stored<HeldTask>("held-task");
  }

  storedStreams(): readonly UpdateStream[] {
    return this.#stored<UpdateStream>("update-stream");
  }

  containerOf(id: string): ContainerId {
    const held = this.state.tasks.get(id);
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
      case "stopped":
        this.stoppedCount += 1;
        return;
      default:
        effect satisfies never;
    }
  }
}

export const staleUpdateId = updateId("00000000-0000-4000-8000-000000000000");
