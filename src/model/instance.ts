/**
 * Instances: the places of an app that are filled with tasks, one task at a time.
 *
 * In this release an instance is one task; its id is the task's. Stored before the task is launched, so that
 * no restart launches it twice or forgets it.
 */

import type { AgentId, AppId, TaskId, VersionId } from "#model/ids.ts";
import type { TaskState } from "#model/task-state.ts";

export type CheckHealth = {
  /** Undefined until the first result. */
  readonly alive: boolean | undefined;
  readonly consecutiveFailures: number;
  readonly firstSuccessAtMs: number | undefined;
  readonly lastSuccessAtMs: number | undefined;
  readonly lastFailureAtMs: number | undefined;
  readonly lastFailureCause: string | undefined;
};

export type Instance = {
  readonly taskId: TaskId;
  readonly appId: AppId;
  /** The app version whose configuration it runs. */
  readonly version: VersionId;
  readonly agentId: AgentId;
  readonly agentName: string;
  readonly hostname: string;
  readonly address: string | undefined;
  readonly ports: readonly number[];
  readonly state: TaskState;
  readonly stagedAtMs: number;
  readonly startedAtMs: number | undefined;
  readonly unreachableAtMs: number | undefined;
  /** Why we asked for its end, once we did; the kill is repeated until the task is gone. */
  readonly killing: { readonly reason: string; readonly sinceMs: number } | undefined;
};

export type TaskFailure = {
  readonly appId: AppId;
  readonly taskId: TaskId;
  readonly state: TaskState;
  readonly message: string;
  readonly hostname: string;
  readonly agentId: AgentId;
  readonly version: VersionId;
  readonly timestampMs: number;
};
