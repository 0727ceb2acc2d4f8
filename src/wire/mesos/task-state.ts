/**
 * The names of task states, in the model and in every API of Mesos's family.
 */

import type { TaskState } from "#model/task-state.ts";

export const taskStateNames: Readonly<Record<TaskState, string>> = {
  staging: "TASK_STAGING",
  starting: "TASK_STARTING",
  running: "TASK_RUNNING",
  killing: "TASK_KILLING",
  finished: "TASK_FINISHED",
  failed: "TASK_FAILED",
  killed: "TASK_KILLED",
  error: "TASK_ERROR",
  lost: "TASK_LOST",
  dropped: "TASK_DROPPED",
  unreachable: "TASK_UNREACHABLE",
  gone: "TASK_GONE",
  "gone-by-operator": "TASK_GONE_BY_OPERATOR",
  unknown: "TASK_UNKNOWN",
};
