/**
 * Under which names the agent's tables keep what they hold.
 *
 * Ids of tasks and executors are their framework's own: two frameworks may use the same ones here at once, so
 * everything is kept by both. No id holds a slash, so no two pairs have one name. An executor and its sandbox
 * have the same name; a task with a command of its own is its own executor, and has the sandbox of its id.
 */

import { type ExecutorId, executorId, type FrameworkId, type TaskId } from "#model/ids.ts";
import type { TaskSpec } from "#model/task.ts";

export const taskKey = (frameworkId: FrameworkId, taskId: TaskId): string => `${frameworkId}/${taskId}`;

export const executorKey = (frameworkId: FrameworkId, id: ExecutorId): string => `${frameworkId}/${id}`;

type Kept = { readonly spec: Pick<TaskSpec, "taskId" | "executorId">; readonly frameworkId: FrameworkId };

export const keyOfTask = ({ frameworkId, spec }: Kept): string => taskKey(frameworkId, spec.taskId);

/** Who runs it: its own executor, or itself. */
export const executorOfTask = ({ spec }: Kept): ExecutorId => spec.executorId ?? executorId(spec.taskId);

export const sandboxOfTask = (held: Kept): string => executorKey(held.frameworkId, executorOfTask(held));

export const keyOfExecutor = (held: {
  readonly frameworkId: FrameworkId;
  readonly spec: { readonly executorId: ExecutorId };
}): string => executorKey(held.frameworkId, held.spec.executorId);
