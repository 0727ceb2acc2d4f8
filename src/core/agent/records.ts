/**
 * The rows of the agent's tables, and what each asks of the store.
 *
 * Durable is what a restart needs to neither lose nor repeat anything: identity, tasks, executors, update
 * streams, sandboxes, reservations and volumes. The rest describes this process's life (its session, its
 * deadlines) and dies with it.
 */

import type { PersistentDirectory } from "#model/container-volume.ts";
import type { ContainerId, ExecutorId, FrameworkId, SessionId } from "#model/ids.ts";
import type { Resources } from "#model/resources.ts";
import type { SecretValues } from "#model/secret-values.ts";
import type { TaskSpec } from "#model/task.ts";
import type { UsageReport } from "#model/usage-report.ts";
import type { Room, Row } from "#ports/room.ts";
import type { AgentEffect, AgentInput, AgentPublicRecord, HeldTask } from "./types.ts";
import { upgradeHeldTask, upgradeSandbox, upgradeUpdateStream } from "./upgrade.ts";

/** A task whose end is acknowledged, for those who look; in outline, if it was large. */
export type EndedTask = Pick<HeldTask, "spec" | "role" | "state" | "launchedAtMs" | "latest">;

/** What is left of an executor, or of a task that was its own: its files, until they are the oldest of too many. */
export type Sandbox = {
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly containerId: ContainerId;
  readonly endedAtMs: number;
  /** Of a task that was its own; absent: it was an executor's, or an earlier release kept it. */
  readonly task?: EndedTask | undefined;
  /** Its removal was asked for; asked again after a restart until it is confirmed. */
  readonly removing: boolean;
};

/** A launch that waits until the files of an earlier use of its id are gone. */
export type WaitingLaunch = { readonly frameworkId: FrameworkId; readonly executorId: ExecutorId };

/** What this life of the agent knows of a custom executor. */
export type ExecutorLife = {
  /** On which it hears us now. */
  readonly session: SessionId | undefined;
  /** It has, in this life of the agent: what it says counts. */
  readonly subscribed: boolean;
  /** It was given a task. */
  readonly employed: boolean;
  /** What its container was last told that it may use. */
  readonly granted: Grant | undefined;
};

export type Grant = { readonly resources: Resources; readonly limits: TaskSpec["limits"] };

/** How full the disk was at the last look, and what came of it. */
export type DiskStanding = {
  readonly usedShare: number;
  readonly allowedAgeMs: number;
  /** Sandboxes that this life of the agent removed, for their age or their number. */
  readonly removedCount: number;
};

/** What executors said to their frameworks within this second. */
export type Chatter = { readonly sinceMs: number; readonly characters: number };

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
export type Removal = { readonly sandboxKey: string };

/** `health`: judged by the agent; `check`: its results are only told. */
export type CheckPurpose = "health" | "check";

export type CheckProgress = {
  /** The check that runs now, if any. */
  readonly checkId: string | undefined;
  /** Failures in a row. */
  readonly failures: number;
};

/** A deadline. `delayMs`: the pause before the try after this one; `key`: of the task or executor. */
export type Timer =
  | { readonly kind: "register"; readonly atMs: number; readonly delayMs: number }
  | { readonly kind: "silence"; readonly atMs: number }
  | { readonly kind: "resend"; readonly atMs: number; readonly delayMs: number; readonly key: string }
  | { readonly kind: TaskTimer | ExecutorTimer; readonly atMs: number; readonly key: string };

export type CheckTimer = "health-check" | "check";
export type TaskTimer = CheckTimer | "kill" | "max-duration";
/** `executor`: it is too late with what it has to do next, to subscribe or to end. */
export type ExecutorTimer = "executor" | "heartbeat";

export type AgentRecord =
  | AgentPublicRecord
  | Row<"sandbox", Sandbox>
  /** A persistent volume that was destroyed, until nothing of it is left. */
  | Row<"doomed-volume", PersistentDirectory>
  | Row<"lifecycle", Lifecycle>
  | Row<"link", Link>
  | Row<"removal", Removal>
  | Row<"waiting-launch", WaitingLaunch>
  /** Values that came with what is to be launched: they are in no other row, and go when it is. */
  | Row<"launch-secrets", SecretValues>
  /** How far the launch of a task's container is. */
  | Row<"launch-progress", string>
  /** Measured, and not told yet; one row, `current`. */
  | Row<"usage", UsageReport>
  | Row<"executor-life", ExecutorLife>
  /** A task that its custom executor was not told of yet, in the order of their coming. */
  | Row<"undelivered", true>
  | Row<"chatter", Chatter>
  | Row<"disk", DiskStanding>
  | Row<"check", CheckProgress>
  | Row<"timer", Timer>;

/** Kinds that are one row each carry this as their id. */
export const singleId = "self";

export const agentKinds: Room<unknown, AgentInput, AgentRecord, AgentEffect, never>["kinds"] = {
  identity: { durability: "durable", version: 1 },
  "held-task": { durability: "durable", version: 3, upgrade: upgradeHeldTask },
  "held-executor": { durability: "durable", version: 1 },
  checkpoint: { durability: "durable", version: 1 },
  "update-stream": { durability: "durable", version: 2, upgrade: upgradeUpdateStream },
  sandbox: { durability: "durable", version: 2, upgrade: upgradeSandbox },
  "doomed-volume": { durability: "durable", version: 1 },
  lifecycle: { durability: "memory", version: 1 },
  link: { durability: "memory", version: 1 },
  removal: { durability: "memory", version: 1 },
  "waiting-launch": { durability: "memory", version: 1 },
  "launch-secrets": { durability: "memory", version: 1 },
  "launch-progress": { durability: "memory", version: 1 },
  usage: { durability: "memory", version: 1 },
  "executor-life": { durability: "memory", version: 1 },
  undelivered: { durability: "memory", version: 1 },
  chatter: { durability: "memory", version: 1 },
  disk: { durability: "memory", version: 1 },
  check: { durability: "memory", version: 1 },
  timer: { durability: "memory", version: 1 },
};
