/**
 * What the agent knows, and how a record changes it. Nothing is decided here.
 *
 * Invariant: every map is the table of one kind of record, save those that follow `tasks`.
 */

import { utf8Length } from "#base/utf8.ts";
import type { ContainerId, TaskId } from "#model/ids.ts";
import { noCheckpoint, type ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { TaskSpec } from "#model/task.ts";
import type { AgentRecord, CheckProgress, Lifecycle, Link, Removal, Sandbox, Timer } from "./records.ts";
import type { AgentConfig, AgentIdentity, HeldTask, UpdateStream } from "./types.ts";

export type AgentState = {
  /** For those who read; the room has its own reference. */
  readonly config: AgentConfig;
  identity: AgentIdentity | undefined;
  checkpoint: ResourceCheckpoint;
  lifecycle: Lifecycle;
  link: Link | undefined;
  /** Tasks that have not ended, or whose end is not acknowledged. */
  readonly tasks: Map<string, HeldTask>;
  readonly taskByContainer: Map<ContainerId, TaskId>;
  readonly specBytes: Map<string, number>;
  /** Of all tasks together: what they take up when the agent registers. */
  specBytesTotal: number;
  readonly streams: Map<string, UpdateStream>;
  readonly sandboxes: Map<string, Sandbox>;
  readonly removals: Map<string, Removal>;
  readonly checks: Map<string, CheckProgress>;
  readonly timers: Map<string, Timer>;
};

const atBirth: Lifecycle = { phase: "recovering", stopping: false, stopped: false, refused: undefined };

export const createAgentState = (config: AgentConfig): AgentState => ({
  config,
  identity: undefined,
  checkpoint: noCheckpoint,
  lifecycle: atBirth,
  link: undefined,
  tasks: new Map(),
  taskByContainer: new Map(),
  specBytes: new Map(),
  specBytesTotal: 0,
  streams: new Map(),
  sandboxes: new Map(),
  removals: new Map(),
  checks: new Map(),
  timers: new Map(),
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
    case "held-task":
      applyHeldTask(state, record.id, record.value);
      return;
    case "update-stream":
      putOrDelete(state.streams, record.id, record.value);
      return;
    case "sandbox":
      putOrDelete(state.sandboxes, record.id, record.value);
      return;
    case "removal":
      putOrDelete(state.removals, record.id, record.value);
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

function applyHeldTask(state: AgentState, id: string, held: HeldTask | undefined): void {
  const before = state.tasks.get(id);
  if (before !== undefined) state.taskByContainer.delete(before.containerId);
  if (held !== undefined) state.taskByContainer.set(held.containerId, held.spec.taskId);
  putOrDelete(state.tasks, id, held);
  if (held?.spec === before?.spec) return;
  const bytes = held === undefined ? 0 : bytesOfSpec(held.spec);
  state.specBytesTotal += bytes - (state.specBytes.get(id) ?? 0);
  putOrDelete(state.specBytes, id, held === undefined ? undefined : bytes);
}

export const bytesOfSpec = (spec: TaskSpec): number => utf8Length(JSON.stringify(spec));

function putOrDelete<Value>(table: Map<string, Value>, id: string, value: Value | undefined): void {
  if (value === undefined) table.delete(id);
  else table.set(id, value);
}
