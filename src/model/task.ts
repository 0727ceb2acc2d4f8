/**
 * Tasks: what a framework asks an agent to run, and what is said about it afterwards.
 *
 * A `TaskSpec` never changes once it is accepted. A `TaskStatus` is one report; those that come from an
 * agent carry an `updateId` and are repeated until acknowledged, those that the master makes carry none.
 */

import type { AgentId, ContainerId, FrameworkId, RoleName, TaskId, UpdateId } from "#model/ids.ts";
import type { Label } from "#model/resource.ts";
import type { Milli, Resources } from "#model/resources.ts";
import type { TaskState } from "#model/task-state.ts";

export type CommandSpec =
  | { readonly kind: "shell"; readonly text: string }
  | { readonly kind: "argv"; readonly argv: readonly string[] };

/** What a task sees as its file system. `host`: the host's own, masked and read-only. */
export type RootFilesystem =
  | { readonly kind: "host" }
  /** A directory or a tarball on the agent, below a directory that its operator allowed. */
  | { readonly kind: "file"; readonly path: string };

export type ResourceLimit = Milli | "unlimited";

/** A check that the agent runs inside the task's container. */
export type CommandCheck = {
  readonly command: CommandSpec;
  readonly delayMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly gracePeriodMs: number;
  /** Kill the task after this many failures in a row; 0 kills at the first (Mesos's rule for agent checks). */
  readonly maxConsecutiveFailures: number;
};

export type TaskPort = {
  readonly number: number;
  readonly name: string | undefined;
  readonly protocol: string;
};

export type TaskSpec = {
  readonly taskId: TaskId;
  readonly name: string;
  readonly agentId: AgentId;
  readonly resources: Resources;
  /** Upper bounds where they differ from the request; absent: cpu by shares only, memory as requested. */
  readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
  readonly command: CommandSpec;
  readonly root: RootFilesystem;
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly TaskPort[];
  readonly killGraceMs: number;
  readonly healthCheck: CommandCheck | undefined;
};

export type StatusSource = "master" | "agent" | "executor";

export const taskReasons = [
  "container-launch-failed",
  "container-limitation-memory",
  "container-limitation-disk",
  "container-update-failed",
  "command-executor-failed",
  "executor-terminated",
  "health-check-status-updated",
  "task-killed-during-launch",
  "agent-disconnected",
  "agent-removed",
  "agent-restarted",
  "agent-reregistered",
  "agent-removed-by-operator",
  "agent-unknown",
  "framework-removed",
  "invalid-offers",
  "invalid-frameworkid",
  "reconciliation",
  "task-invalid",
  "task-unauthorized",
  "task-unknown",
  "resources-unknown",
] as const;
export type TaskReason = (typeof taskReasons)[number];

export type TaskExit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number };

export type TaskStatus = {
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
  readonly state: TaskState;
  readonly source: StatusSource;
  readonly reason: TaskReason | undefined;
  readonly message: string;
  readonly timestampMs: number;
  readonly healthy: boolean | undefined;
  /** Present when the sender repeats the status until it is acknowledged. */
  readonly updateId: UpdateId | undefined;
  readonly containerId: ContainerId | undefined;
  /** The address at which the task's ports are reached. */
  readonly address: string | undefined;
  readonly exit: TaskExit | undefined;
};

/** The executor of a group of tasks that share a life. */
export type GroupExecutor = {
  readonly executorId: string;
  readonly resources: Resources;
  readonly labels: readonly Label[];
};

/** A task as the master knows it. */
export type Task = {
  readonly spec: TaskSpec;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  /** The newest state that the agent reported or the master decided. */
  readonly state: TaskState;
  /** Newest last, at most `limits.statusesPerTaskMax`. */
  readonly statuses: readonly TaskStatus[];
  /** The update that was forwarded and is not acknowledged yet. */
  readonly unackedUpdateId: UpdateId | undefined;
  readonly launchedAtMs: number;
  /** Of a task that shares its life with others. */
  readonly group?: GroupExecutor | undefined;
};
