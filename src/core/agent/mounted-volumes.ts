/**
 * Which persistent volumes the container of a custom executor has: those of the tasks that it was launched for, and
 * its own.
 *
 * What its container was launched without it never gets, since nothing is mounted into a container that runs: a task
 * that came later and uses such a volume would write its data elsewhere, so it is refused.
 */

import { type ContainerVolume, persistentKey, volumesOfResources } from "#model/container-volume.ts";
import type { TaskSpec } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { isEnded } from "./exits.ts";
import { keyOfExecutor } from "./keys.ts";
import type { HeldExecutor, MountedVolume } from "./types.ts";

export const mountedVolumes = (volumes: readonly ContainerVolume[]): readonly MountedVolume[] =>
  volumes.flatMap(({ containerPath, mode, source }) =>
    source.kind === "persistent" ? [{ volume: persistentKey(source.directory), containerPath, mode }] : [],
  );

/** Why `executor`, whose launch was asked for, cannot run these tasks; undefined: it can. */
export function unmountedVolume(
  draft: Draft,
  executor: HeldExecutor,
  tasks: readonly TaskSpec[],
): string | undefined {
  const key = keyOfExecutor(executor);
  if (executor.spec.kind !== "custom" || draft.waiting.get(key) !== undefined) return undefined;
  const mounted = executor.mounted ?? heldVolumes(draft, executor);
  for (const { taskId, resources } of tasks) {
    const missing = mountedVolumes(volumesOfResources(resources)).find(
      (wanted) => !mounted.some((each) => isSame(each, wanted)),
    );
    if (missing !== undefined)
      return (
        `Task ${taskId} uses a persistent volume at ${missing.containerPath} that the container of executor ` +
        `${executor.spec.executorId} was launched without, and nothing is mounted into a container that runs: ` +
        "give the task an executor with another id, or launch the executor with the volume among its own resources"
      );
  }
  return undefined;
}

/** When a volume is wiped, who still has it mounted has what is gone, and not what takes its name later. */
export function forgetMounted(draft: Draft, volume: string): void {
  for (const held of draft.executors.values()) {
    if (held.mounted?.some((each) => each.volume === volume) !== true) continue;
    const mounted = held.mounted.filter((each) => each.volume !== volume);
    draft.executors.put(keyOfExecutor(held), { ...held, mounted });
  }
}

/** Of one that was launched without any, or by an agent that took no note: what it and its tasks use. */
const heldVolumes = (draft: Draft, executor: HeldExecutor): readonly MountedVolume[] =>
  [
    executor.spec,
    ...draft
      .tasksOf(keyOfExecutor(executor))
      .filter((held) => !isEnded(held))
      .map(({ spec }) => spec),
  ].flatMap(({ resources }) => mountedVolumes(volumesOfResources(resources)));

const isSame = (left: MountedVolume, right: MountedVolume): boolean =>
  left.volume === right.volume && left.containerPath === right.containerPath && left.mode === right.mode;
