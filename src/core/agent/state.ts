/**
 * What the agent knows, and how a record changes it. Nothing is decided here.
 *
 * Invariant: every map is the table of one kind of record, save those that follow `tasks` and `executors`.
 * Rows are known by what they say, not by the name that an earlier release had given them.
 */

import { limits } from "#base/limits.ts";
import { utf8Length } from "#base/utf8.ts";
import type { PersistentDirectory } from "#model/container-volume.ts";
import type { ContainerId } from "#model/ids.ts";
import { noCheckpoint, type ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { SecretValues } from "#model/secret-values.ts";
import type { UsageReport } from "#model/usage-report.ts";
import { executorKey, keyOfTask, taskKey } from "./keys.ts";
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
import { charactersOfStream } from "./stream-sizes.ts";
import type { AgentConfig, AgentIdentity, HeldExecutor, HeldTask, UpdateStream } from "./types.ts";

export type AgentState = {
  /** For those who read; the room has its own reference. */
  readonly config: AgentConfig;
  identity: AgentIdentity | undefined;
  checkpoint: ResourceCheckpoint;
  lifecycle: Lifecycle;
  link: Link | undefined;
  chatter: Chatter | undefined;
  disk: DiskStanding;
  /** Tasks that have not ended, or whose end is not acknowledged. */
  readonly tasks: Map<string, HeldTask>;
  /** Executors that have not ended. */
  readonly executors: Map<string, HeldExecutor>;
  /** Of each executor, by its name, the names of the tasks that are held. */
  readonly tasksByExecutor: Map<string, Set<string>>;
  /** Whose container it is: a task's that has its own, or a custom executor's. */
  readonly taskByContainer: Map<ContainerId, string>;
  readonly executorByContainer: Map<ContainerId, string>;
  readonly specBytes: Map<string, number>;
  /** Of all tasks and executors together: what they take up when the agent registers. */
  specBytesTotal: number;
  readonly streams: Map<string, UpdateStream>;
  /** Of all of them together, roughly. */
  streamCharactersTotal: number;
  readonly sandboxes: Map<string, Sandbox>;
  readonly doomedVolumes: Map<string, PersistentDirectory>;
  readonly removals: Map<string, Removal>;
  readonly waiting: Map<string, WaitingLaunch>;
  readonly launchSecrets: Map<string, SecretValues>;
  readonly launchProgress: Map<string, string>;
  /** What is really used, measured and not told yet; one entry at most. */
  readonly usage: Map<string, UsageReport>;
  readonly lives: Map<string, ExecutorLife>;
  readonly undelivered: Map<string, true>;
  readonly checks: Map<string, CheckProgress>;
  readonly timers: Map<string, Timer>;
  /** Rows that were loaded under another name than they have now, by that name. */
  readonly misnamed: Map<string, MisnamedRow>;
};

export type MisnamedRow = {
  readonly kind: "held-task" | "update-stream" | "sandbox";
  readonly id: string;
  readonly key: string;
};

const atBirth: Lifecycle = { phase: "recovering", stopping: false, stopped: false, refused: undefined };

const unseenDisk: DiskStanding = { usedShare: 0, allowedAgeMs: limits.unusedFilesKeptMs, removedCount: 0 };

export const createAgentState = (config: AgentConfig): AgentState => ({
  config,
  identity: undefined,
  checkpoint: noCheckpoint,
  lifecycle: atBirth,
  link: undefined,
  chatter: undefined,
  disk: unseenDisk,
  tasks: new Map(),
  executors: new Map(),
  tasksByExecutor: new Map(),
  taskByContainer: new Map(),
  executorByContainer: new Map(),
  specBytes: new Map(),
  specBytesTotal: 0,
  streams: new Map(),
  streamCharactersTotal: 0,
  sandboxes: new Map(),
  doomedVolumes: new Map(),
  removals: new Map(),
  waiting: new Map(),
  launchSecrets: new Map(),
  launchProgress: new Map(),
  usage: new Map(),
  lives: new Map(),
  undelivered: new Map(),
  checks: new Map(),
  timers: new Map(),
  misnamed: new Map(),
});

export function applyAgentRecord(state: AgentState, record: AgentRecord): void {
  switch (record.kind) {
    case "identity":
      state.identity = record.value;
      return;
    case "checkpoint":
      state.checkpoint = record.value ?? noCheckpoint;
      return;
    case "lifecycle":
      state.lifecycle = record.value ?? atBirth;
      return;
    case "link":
      state.link = record.value;
      return;
    case "chatter":
      state.chatter = record.value;
      return;
    case "held-task":
      applyHeldTask(state, named(state, record, record.value && keyOfTask(record.value)), record.value);
      return;
    case "held-executor":
      applyHeldExecutor(state, record.id, record.value);
      return;
    case "update-stream": {
      const key = record.value && taskKey(record.value.frameworkId, record.value.taskId);
      const id = named(state, record, key);
      state.streamCharactersTotal +=
        charactersOfStream(record.value) - charactersOfStream(state.streams.get(id));
      putOrDelete(state.streams, id, record.value);
      return;
    }
    case "sandbox": {
      const key = record.value && executorKey(record.value.frameworkId, record.value.executorId);
      putOrDelete(state.sandboxes, named(state, record, key), record.value);
      return;
    }
    case "doomed-volume":
      putOrDelete(state.doomedVolumes, record.id, record.value);
      return;
    default:
      applyMemory(state, record);
  }
}

type MemoryRecord = Exclude<
  AgentRecord,
  {
    readonly kind:
      | "identity"
      | "checkpoint"
      | "lifecycle"
      | "link"
      | "chatter"
      | "held-task"
      | "held-executor"
      | "update-stream"
      | "sandbox"
      | "doomed-volume";
  }
>;

function applyMemory(state: AgentState, record: MemoryRecord): void {
  switch (record.kind) {
    case "removal":
      putOrDelete(state.removals, record.id, record.value);
      return;
    case "waiting-launch":
      putOrDelete(state.waiting, record.id, record.value);
      return;
    case "launch-secrets":
      putOrDelete(state.launchSecrets, record.id, record.value);
      return;
    case "usage":
      putOrDelete(state.usage, record.id, record.value);
      return;
    case "launch-progress":
      putOrDelete(state.launchProgress, record.id, record.value);
      return;
    case "executor-life":
      putOrDelete(state.lives, record.id, record.value);
      return;
    case "disk":
      state.disk = record.value ?? unseenDisk;
      return;
    case "undelivered":
      putOrDelete(state.undelivered, record.id, record.value);
      return;
    case "check":
      putOrDelete(state.checks, record.id, record.value);
      return;
    case "timer":
      putOrDelete(state.timers, record.id, record.value);
      return;
    default:
      record satisfies never;
  }
}

/** The name that the row has now. One that had another when it was loaded is noted, and so is its end. */
function named(
  state: AgentState,
  { kind, id }: { readonly kind: MisnamedRow["kind"]; readonly id: string },
  key: string | undefined,
): string {
  const note = `${kind}/${id}`;
  if (key === undefined) state.misnamed.delete(note);
  else if (key !== id) state.misnamed.set(note, { kind, id, key });
  return key ?? id;
}

function applyHeldTask(state: AgentState, id: string, held: HeldTask | undefined): void {
  const before = state.tasks.get(id);
  if (before !== undefined && before.runner !== "custom") state.taskByContainer.delete(before.containerId);
  if (held !== undefined && held.runner !== "custom") state.taskByContainer.set(held.containerId, id);
  // In the order of their coming, which a change of one of them does not touch.
  if (before === undefined && held !== undefined) joinExecutor(state, id, held);
  if (before !== undefined && held === undefined) leaveExecutor(state, id, before);
  putOrDelete(state.tasks, id, held);
  countBytes(state, `task/${id}`, before?.spec, held?.spec);
}

function applyHeldExecutor(state: AgentState, id: string, held: HeldExecutor | undefined): void {
  const before = state.executors.get(id);
  if (before !== undefined) state.executorByContainer.delete(before.containerId);
  if (held !== undefined) state.executorByContainer.set(held.containerId, id);
  putOrDelete(state.executors, id, held);
  countBytes(state, `executor/${id}`, before?.spec, held?.spec);
}

function joinExecutor(state: AgentState, id: string, { frameworkId, spec }: HeldTask): void {
  if (spec.executorId === undefined) return;
  const key = executorKey(frameworkId, spec.executorId);
  const ids = state.tasksByExecutor.get(key);
  if (ids === undefined) state.tasksByExecutor.set(key, new Set([id]));
  else ids.add(id);
}

function leaveExecutor(state: AgentState, id: string, { frameworkId, spec }: HeldTask): void {
  if (spec.executorId === undefined) return;
  const key = executorKey(frameworkId, spec.executorId);
  const ids = state.tasksByExecutor.get(key);
  ids?.delete(id);
  if (ids?.size === 0) state.tasksByExecutor.delete(key);
}

function countBytes(
  state: AgentState,
  id: string,
  before: object | undefined,
  after: object | undefined,
): void {
  if (before === after) return;
  const bytes = after === undefined ? 0 : bytesOfSpec(after);
  state.specBytesTotal += bytes - (state.specBytes.get(id) ?? 0);
  putOrDelete(state.specBytes, id, after === undefined ? undefined : bytes);
}

export const bytesOfSpec = (spec: object): number => utf8Length(JSON.stringify(spec));

function putOrDelete<Value>(table: Map<string, Value>, id: string, value: Value | undefined): void {
  if (value === undefined) table.delete(id);
  else table.set(id, value);
}
