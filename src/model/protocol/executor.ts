/**
 * What a custom executor and its agent say to each other: the calls and events of Mesos's executor API, in our
 * own types; `wire/mesos` translates.
 *
 * Semantics: Apache Mesos's, include/mesos/v1/executor/executor.proto, as the compatibility table lists.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import type { AgentId, ContainerId, ExecutorId, FrameworkId, TaskId, UpdateId } from "#model/ids.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";

/** Who calls: shown by the executor's own token, or believed where there is none. */
export type ExecutorKey = { readonly frameworkId: FrameworkId; readonly executorId: ExecutorId };

/** Its `updateId` is the executor's own; it is repeated until it is acknowledged. */
export type ExecutorUpdate = Omit<TaskStatus, "updateId" | "agentId"> & { readonly updateId: UpdateId };

export type ExecutorCall =
  | {
      readonly type: "subscribe";
      /** Tasks that it was given and of which no update was acknowledged yet. */
      readonly unacknowledgedTasks: readonly TaskId[];
      readonly unacknowledgedUpdates: readonly ExecutorUpdate[];
    }
  | { readonly type: "update"; readonly update: ExecutorUpdate }
  /** To the framework's scheduler, in base64. */
  | { readonly type: "message"; readonly data: string }
  | { readonly type: "heartbeat" };

export type ExecutorEvent =
  | {
      readonly type: "subscribed";
      readonly executor: ExecutorSpec;
      readonly frameworkId: FrameworkId;
      readonly framework: FrameworkInfo;
      readonly agentId: AgentId;
      readonly agent: AgentInfo;
      readonly containerId: ContainerId;
    }
  | { readonly type: "launch"; readonly task: TaskSpec }
  | { readonly type: "launch-group"; readonly tasks: readonly TaskSpec[] }
  | { readonly type: "kill"; readonly taskId: TaskId; readonly graceMs: number | undefined }
  | { readonly type: "acknowledged"; readonly taskId: TaskId; readonly updateId: UpdateId }
  | { readonly type: "message"; readonly data: string }
  | { readonly type: "shutdown" }
  | { readonly type: "error"; readonly message: string }
  | { readonly type: "heartbeat" };
