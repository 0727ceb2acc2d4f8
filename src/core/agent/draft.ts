/**
 * One decision in the making: the state as it will be, the records that make it so, and the effects.
 *
 * What is decided within one input may depend on what was decided a moment before in the same input, so all
 * the agent's concerns read and write this draft and never the state. It lives as long as one `decide`.
 */

import { assert } from "#base/assert.ts";
import type { Chance } from "#base/random.ts";
import type { PersistentDirectory } from "#model/container-volume.ts";
import type { SessionId } from "#model/ids.ts";
import type { AgentMessage } from "#model/protocol/agent-link.ts";
import type { ExecutorEvent } from "#model/protocol/executor.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { SecretValues } from "#model/secret-values.ts";
import type { UsageReport } from "#model/usage-report.ts";
import type { ContainerEffect } from "#ports/containers.ts";
import type { Moment } from "#ports/room.ts";
import { executorKey, keyOfTask } from "./keys.ts";
import type {
  AgentRecord,
  Chatter,
  CheckProgress,
  DiskStanding,
  ExecutorLife,
  Lifecycle,
  Link,
  Removal,
  Sandbox,
  Timer,
  WaitingLaunch,
} from "./records.ts";
import { singleId } from "./records.ts";
import type { AgentState, MisnamedRow } from "./state.ts";
import type {
  AgentConfig,
  AgentEffect,
  AgentIdentity,
  HeldExecutor,
  HeldTask,
  UpdateStream,
} from "./types.ts";

export class Draft {
  readonly state: AgentState;
  readonly config: AgentConfig;
  readonly nowMs: number;
  readonly chance: Chance;
  readonly effects: AgentEffect[] = [];
  /** Whose streams have something new in front that was not sent yet. */
  readonly untold = new Set<string>();

  identity: AgentIdentity | undefined;
  checkpoint: ResourceCheckpoint;
  lifecycle: Lifecycle;
  link: Link | undefined;
  chatter: Chatter | undefined;
  disk: DiskStanding;
  /** Rows whose old name goes with this decision. */
  readonly misnamed: MisnamedRow[] = [];
  readonly tasks: Overlay<HeldTask>;
  readonly executors: Overlay<HeldExecutor>;
  readonly streams: Overlay<UpdateStream>;
  readonly sandboxes: Overlay<Sandbox>;
  readonly doomedVolumes: Overlay<PersistentDirectory>;
  readonly removals: Overlay<Removal>;
  readonly waiting: Overlay<WaitingLaunch>;
  readonly launchSecrets: Overlay<SecretValues>;
  readonly launchProgress: Overlay<string>;
  readonly usage: Overlay<UsageReport>;
  readonly lives: Overlay<ExecutorLife>;
  readonly undelivered: Overlay<true>;
  readonly checks: Overlay<CheckProgress>;
  readonly timers: Overlay<Timer>;

  constructor(config: AgentConfig, state: AgentState, moment: Moment) {
    this.state = state;
    this.config = config;
    this.nowMs = moment.nowMs;
    this.chance = moment.chance;
    this.identity = state.identity;
    this.checkpoint = state.checkpoint;
    this.lifecycle = state.lifecycle;
    this.link = state.link;
    this.chatter = state.chatter;
    this.disk = state.disk;
    this.tasks = new Overlay(state.tasks);
    this.executors = new Overlay(state.executors);
    this.streams = new Overlay(state.streams);
    this.sandboxes = new Overlay(state.sandboxes);
    this.doomedVolumes = new Overlay(state.doomedVolumes);
    this.removals = new Overlay(state.removals);
    this.waiting = new Overlay(state.waiting);
    this.launchSecrets = new Overlay(state.launchSecrets);
    this.launchProgress = new Overlay(state.launchProgress);
    this.usage = new Overlay(state.usage);
    this.lives = new Overlay(state.lives);
    this.undelivered = new Overlay(state.undelivered);
    this.checks = new Overlay(state.checks);
    this.timers = new Overlay(state.timers);
  }

  /** Over the current session, which must be there. */
  send(message: AgentMessage): void {
    assert(this.link !== undefined, "the agent sends only while a session is open");
    const number = this.link.sent + 1;
    this.link = { ...this.link, sent: number };
    this.effects.push({ type: "send", envelope: { session: this.link.session, number, message } });
  }

  container(effect: ContainerEffect): void {
    this.effects.push({ type: "container", effect });
  }

  sendExecutor(session: SessionId, event: ExecutorEvent): void {
    this.effects.push({ type: "send-executor", session, event });
  }

  /** The tasks that are held of this executor, ended or not, in the order of their names' coming. */
  tasksOf(executor: string): HeldTask[] {
    const ids = new Set(this.state.tasksByExecutor.get(executor));
    for (const [id, held] of this.tasks.changes) {
      const { frameworkId, spec } = held ?? this.state.tasks.get(id) ?? {};
      if (frameworkId === undefined || spec?.executorId === undefined) continue;
      if (executorKey(frameworkId, spec.executorId) === executor) ids.add(id);
    }
    return [...ids].flatMap((id) => this.tasks.get(id) ?? []);
  }

  putTask(held: HeldTask): void {
    this.tasks.put(keyOfTask(held), held);
  }

  records(): AgentRecord[] {
    const records: AgentRecord[] = [];
    for (const { kind, id } of this.misnamed) records.push({ kind, id, value: undefined });
    if (this.identity !== this.state.identity)
      records.push({ kind: "identity", id: singleId, value: this.identity });
    if (this.checkpoint !== this.state.checkpoint)
      records.push({ kind: "checkpoint", id: singleId, value: this.checkpoint });
    if (this.lifecycle !== this.state.lifecycle)
      records.push({ kind: "lifecycle", id: singleId, value: this.lifecycle });
    if (this.link !== this.state.link) records.push({ kind: "link", id: singleId, value: this.link });
    if (this.chatter !== this.state.chatter)
      records.push({ kind: "chatter", id: singleId, value: this.chatter });
    if (this.disk !== this.state.disk) records.push({ kind: "disk", id: singleId, value: this.disk });
    for (const [id, value] of this.tasks.changes) records.push({ kind: "held-task", id, value });
    for (const [id, value] of this.executors.changes) records.push({ kind: "held-executor", id, value });
    for (const [id, value] of this.streams.changes) records.push({ kind: "update-stream", id, value });
    for (const [id, value] of this.sandboxes.changes) records.push({ kind: "sandbox", id, value });
    for (const [id, value] of this.doomedVolumes.changes) records.push({ kind: "doomed-volume", id, value });
    for (const [id, value] of this.removals.changes) records.push({ kind: "removal", id, value });
    for (const [id, value] of this.waiting.changes) records.push({ kind: "waiting-launch", id, value });
    for (const [id, value] of this.launchSecrets.changes) records.push({ kind: "launch-secrets", id, value });
    for (const [id, value] of this.launchProgress.changes)
      records.push({ kind: "launch-progress", id, value });
    for (const [id, value] of this.usage.changes) records.push({ kind: "usage", id, value });
    for (const [id, value] of this.lives.changes) records.push({ kind: "executor-life", id, value });
    for (const [id, value] of this.undelivered.changes) records.push({ kind: "undelivered", id, value });
    for (const [id, value] of this.checks.changes) records.push({ kind: "check", id, value });
    for (const [id, value] of this.timers.changes) records.push({ kind: "timer", id, value });
    return records;
  }
}

/** A table with the changes of this decision on top of it. */
export class Overlay<Value> {
  readonly #base: ReadonlyMap<string, Value>;
  readonly #changes = new Map<string, Value | undefined>();

  constructor(base: ReadonlyMap<string, Value>) {
    this.#base = base;
  }

  get changes(): ReadonlyMap<string, Value | undefined> {
    return this.#changes;
  }

  get(id: string): Value | undefined {
    return this.#changes.has(id) ? this.#changes.get(id) : this.#base.get(id);
  }

  put(id: string, value: Value): void {
    this.#changes.set(id, value);
  }

  remove(id: string): void {
    if (this.#base.has(id)) this.#changes.set(id, undefined);
    else this.#changes.delete(id);
  }

  /** As they are now: a copy, so that the table may change while one walks it. */
  values(): Value[] {
    if (this.#changes.size === 0) return [...this.#base.values()];
    const values: Value[] = [];
    for (const [id, value] of this.#base) if (!this.#changes.has(id)) values.push(value);
    for (const value of this.#changes.values()) if (value !== undefined) values.push(value);
    return values;
  }
}
