/**
 * States, sources and reasons of task statuses under Mesos's names, one for one.
 */

import { type StatusSource, type TaskReason, taskReasons } from "#model/task.ts";
import { taskStates as states, type TaskState } from "#model/task-state.ts";
import type { EnumOf } from "../proto/tables.ts";
import { taskStateNames } from "../task-state.ts";

/** The names are those of all of Mesos's APIs. */
export const taskStates = taskStateNames as Readonly<Record<TaskState, EnumOf<"TaskState">>>;

const statesByName = new Map(states.map((state) => [taskStates[state], state]));

export const taskStateOf = (name: EnumOf<"TaskState">): TaskState => statesByName.get(name) ?? "unknown";

export const statusSourceNames: Readonly<Record<StatusSource, EnumOf<"TaskStatus.Source">>> = {
  master: "SOURCE_MASTER",
  agent: "SOURCE_AGENT",
  executor: "SOURCE_EXECUTOR",
};

type ReasonName = EnumOf<"TaskStatus.Reason">;

/** But for two our names are Mesos's in small letters. */
const exceptions: Partial<Record<TaskReason, ReasonName>> = {
  "health-check-status-updated": "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED",
};

export const taskReasonNames = Object.fromEntries(
  taskReasons.map((reason) => [
    reason,
    exceptions[reason] ?? `REASON_${reason.toUpperCase().replaceAll("-", "_")}`,
  ]),
) as Readonly<Record<TaskReason, ReasonName>>;

const reasonsByName = new Map(taskReasons.map((reason) => [taskReasonNames[reason], reason]));

export const taskReasonOf = (name: ReasonName): TaskReason | undefined => reasonsByName.get(name);
