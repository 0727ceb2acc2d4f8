/**
 * When a launch is asked for: at once, or when the files of an earlier use of the same id are out of the way.
 *
 * Invariant: the launch of a container is asked for at most once, ever. Its row is durable before the effect is
 * performed, and after a crash between the two, or while it waited here, it is given up (`recovery.ts`).
 */

import { executorContainer, grantOf, taskContainer } from "./container-specs.ts";
import type { Draft } from "./draft.ts";
import { executorKey, sandboxOfTask } from "./keys.ts";
import { takeLaunchSecrets } from "./launch-secrets.ts";
import { mountedVolumes } from "./mounted-volumes.ts";
import type { WaitingLaunch } from "./records.ts";
import { removeSandbox } from "./sandboxes.ts";
import type { HeldTask } from "./types.ts";

/** Of a command task, a custom executor, or the tasks that a default executor begins with. */
export function launchWhenFree(draft: Draft, owner: WaitingLaunch): void {
  const key = executorKey(owner.frameworkId, owner.executorId);
  draft.waiting.put(key, owner);
  goOnLaunching(draft, key);
}

/** Something that may have stood in the way is gone. */
export function goOnLaunching(draft: Draft, key: string): void {
  if (draft.waiting.get(key) === undefined) return;
  if (draft.removals.values().some(({ sandboxKey }) => sandboxKey === key)) return;
  const old = draft.sandboxes.get(key);
  if (old !== undefined) return removeSandbox(draft, old);
  draft.waiting.remove(key);
  launchNow(draft, key);
}

/** Nothing was asked of the launcher yet: what is given up now leaves nothing behind. */
export const isWaiting = (draft: Draft, held: HeldTask): boolean =>
  held.phase === "launching" &&
  held.runner !== "custom" &&
  draft.waiting.get(sandboxOfTask(held)) !== undefined;

export const launchTask = (draft: Draft, held: HeldTask): void =>
  draft.container({ type: "launch", spec: takeLaunchSecrets(draft, taskContainer(draft, held)) });

function launchNow(draft: Draft, key: string): void {
  const executor = draft.executors.get(key);
  if (executor?.spec.kind === "custom") {
    const grant = grantOf(draft, executor);
    const life = draft.lives.get(key);
    if (life !== undefined) draft.lives.put(key, { ...life, granted: grant });
    const spec = takeLaunchSecrets(draft, executorContainer(draft, executor, grant));
    const mounted = mountedVolumes(spec.volumes ?? []);
    const { gpus } = spec.resources;
    if (mounted.length > 0 || gpus > 0)
      draft.executors.put(key, { ...executor, mounted, ...(gpus > 0 ? { gpus } : {}) });
    draft.container({ type: "launch", spec });
    return;
  }
  const command = draft.tasks.get(key);
  const tasks = executor === undefined ? (command === undefined ? [] : [command]) : draft.tasksOf(key);
  for (const held of tasks) if (held.phase === "launching") launchTask(draft, held);
}
