/**
 * The rows of the agent's tables, and what each asks of the store.
 *
 * Durable is what a restart needs to neither lose nor repeat anything: identity, tasks, update streams,
 * sandboxes, reservations and volumes. The rest describes this process's life (its session, its deadlines) and dies with it.
 */

import type { ContainerId, FrameworkId, SessionId, TaskId } from "#model/ids.ts";
import type { Room, Row } from "#ports/room.ts";
import type { AgentEffect, AgentInput, AgentPublicRecord } from "./types.ts";

/** Version 1 knew plain resources only. */
function upgradeHeldTask(value: unknown, fromVersion: number): unknown {
  if (fromVersion >= 2) return value;
  const held = value as { readonly spec: { readonly resources: object } };
  const { spec } = held;
  return { ...held, spec: { ...spec, resources: { ...spec.resources, others: [] } } };
}

/** What is left of a task that was forgotten: its files, until they are the oldest of too many. */
export type Sandbox = {
  readonly taskId: TaskId;
  readonly frameworkId: FrameworkId;
  readonly containerId: ContainerId;
  readonly endedAtMs: number;
  /** Its removal was asked for; asked again after a restart until it is confirmed. */
  readonly removing: boolean;
};

export type Lifecycle = {
  /** Until recovery is over nothing is registered, launched or killed. */
  readonly phase: "recovering" | "ready";
  readonly stopping: boolean;
  /** `stopped` was said; it is said once. */
  readonly stopped: boolean;
  /** Why the master refused us, while the tasks of the refused identity are being ended. */
  readonly refused: string | undefined;
};

/** The current session with the master. */
export type Link = {
  readonly session: SessionId;
  readonly sent: number;
  readonly seen: number;
  readonly registered: boolean;
};

/** A container whose exit was noted and that is being removed. */
export type Removal = { readonly taskId: TaskId };

export type CheckProgress = {
  /** The check that runs now, if any. */
  readonly checkId: string | undefined;
  /** Failures in a row. */
  readonly failures: number;
};

/** A deadline. `delayMs`: the pause before the try after this one. */
export type Timer =
  | { readonly kind: "register"; readonly atMs: number; readonly delayMs: number }
  | { readonly kind: "silence"; readonly atMs: number }
  | { readonly kind: "resend"; readonly atMs: number; readonly delayMs: number; readonly taskId: TaskId }
  | { readonly kind: "check"; readonly atMs: number; readonly taskId: TaskId }
  | { readonly kind: "kill"; readonly atMs: number; readonly taskId: TaskId };

export type AgentRecord =
  | AgentPublicRecord
  | Row<"sandbox", Sandbox>
  | Row<"lifecycle", Lifecycle>
  | Row<"link", Link>
  | Row<"removal", Removal>
  | Row<"check", CheckProgress>
  | Row<"timer", Timer>;

/** Kinds that are one row each carry this as their id. */
export const singleId = "self";

export const agentKinds: Room<unknown, AgentInput, AgentRecord, AgentEffect, never>["kinds"] = {
  identity: { durability: "durable", version: 1 },
  "held-task": { durability: "durable", version: 2, upgrade: upgradeHeldTask },
  checkpoint: { durability: "durable", version: 1 },
  "update-stream": { durability: "durable", version: 1 },
  sandbox: { durability: "durable", version: 1 },
  lifecycle: { durability: "memory", version: 1 },
  link: { durability: "memory", version: 1 },
  removal: { durability: "memory", version: 1 },
  check: { durability: "memory", version: 1 },
  timer: { durability: "memory", version: 1 },
};
