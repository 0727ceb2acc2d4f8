/**
 * How many GPUs the container of a custom executor has: those that it was launched with, whatever tasks come later.
 *
 * Devices are given to a container when it is made. A task that came later and needs more would run without, so it is
 * refused.
 */

import { flatten, fromMilli, type Resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { isEnded } from "./exits.ts";
import { keyOfExecutor } from "./keys.ts";
import type { HeldExecutor } from "./types.ts";

/** Why `executor`, whose launch was asked for, cannot run these tasks; undefined: it can. */
export function missingGpus(
  draft: Draft,
  executor: HeldExecutor,
  tasks: readonly TaskSpec[],
): string | undefined {
  const key = keyOfExecutor(executor);
  if (executor.spec.kind !== "custom" || draft.waiting.get(key) !== undefined) return undefined;
  const wanted = gpusOf(tasks);
  if (wanted === 0) return undefined;
  const live = draft.tasksOf(key).filter((held) => !isEnded(held));
  const used = gpusOf([executor.spec, ...live.map(({ spec }) => spec)]);
  const given = executor.gpus === undefined ? 0 : fromMilli(executor.gpus);
  if (used + wanted <= given) return undefined;
  return (
    `Task ${tasks[0]?.taskId} asks for ${wanted} GPUs, and of the ${given} that the container ` +
    `of executor ${executor.spec.executorId} was launched with ${used} are used; a container that runs ` +
    "gets no more: give the task an executor with another id, or the executor GPUs of its own"
  );
}

const gpusOf = (holders: readonly { readonly resources: Resources }[]): number =>
  holders.reduce((sum, { resources }) => sum + fromMilli(flatten(resources).gpus), 0);
