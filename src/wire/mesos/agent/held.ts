/**
 * What an agent holds, as its door hands it over to be shown.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import type { Task } from "#model/task.ts";

/** A task, and the container that it is in: of its own, or its executor's. */
export type HeldContainer = {
  readonly task: Task;
  readonly containerId: string;
  /** Of the container's first process; undefined before it runs. */
  readonly pid: number | undefined;
  readonly phase: "queued" | "launched" | "terminated";
};

/** One that a framework brought along, with its tasks; a task without one has one of its own, which is not here. */
export type BroughtExecutor = {
  readonly spec: ExecutorSpec;
  readonly frameworkId: string;
  readonly framework: FrameworkInfo;
  readonly role: string;
  readonly containerId: string;
  readonly pid: number | undefined;
  readonly phase: HeldContainer["phase"];
  readonly tasks: readonly HeldContainer[];
};

/** What has ended, and left files: an executor, or a task that was its own. */
export type EndedExecutor = {
  readonly executorId: string;
  readonly frameworkId: string;
  /** Absent: it was one that a framework brought along. */
  readonly task?: Task;
};

export type AgentSnapshot = {
  readonly agentId: string | undefined;
  readonly info: AgentInfo;
  readonly isRegistered: boolean;
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Of all tasks. */
  readonly containers: readonly HeldContainer[];
  readonly executors: readonly BroughtExecutor[];
  readonly ended: readonly EndedExecutor[];
  /** Sandboxes of what ended, and how full the disk was at the last look. */
  readonly disk: {
    readonly sandboxCount: number;
    readonly removedCount: number;
    readonly usedShare: number;
    readonly allowedAgeMs: number;
  };
  /** What each container uses, by its id; absent where nobody asked. */
  readonly usages?: ReadonlyMap<string, ContainerUsage>;
};
