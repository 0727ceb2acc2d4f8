/**
 * `/tasks`: all tasks that are known, ended or not, a page at a time, the newest first unless asked otherwise.
 */

import type { Task } from "#model/task.ts";
import type { ClusterSnapshot } from "./cluster.ts";
import { formatTask, type Json } from "./pieces.ts";

export type TaskPage = {
  readonly frameworkId: string | undefined;
  readonly taskId: string | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly order: "asc" | "des";
};

export const defaultTaskLimit = 100;

export function formatTaskList({ tasks, completedTasks }: ClusterSnapshot, page: TaskPage): Json {
  const wanted = [...tasks, ...completedTasks].filter(
    ({ frameworkId, spec }) =>
      (page.frameworkId === undefined || frameworkId === page.frameworkId) &&
      (page.taskId === undefined || spec.taskId === page.taskId),
  );
  const sign = page.order === "asc" ? 1 : -1;
  wanted.sort((left, right) => sign * (beganAtMs(left) - beganAtMs(right)));
  return { tasks: wanted.slice(page.offset, page.offset + page.limit).map(formatTask) };
}

/** By the first that was said of it; of what was said nothing, nothing is known. */
const beganAtMs = ({ statuses }: Task): number => statuses[0]?.timestampMs ?? 0;
