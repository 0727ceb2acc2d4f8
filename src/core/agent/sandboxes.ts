/**
 * The files of what has ended: the newest `limits.completedSandboxesMax` sandboxes are kept, older ones are
 * removed, and so is that of an id which is used again, before its new use begins.
 *
 * A removal is marked durably before it is asked for and asked for again after a restart, so that a crash in
 * between leaves no directory behind. The files of a task whose container is still being removed, or that the
 * master has not acknowledged, are never touched. Of one directory at most one removal is asked for at a time.
 */

import { limits } from "#base/limits.ts";
import type { ContainerId, ExecutorId, FrameworkId } from "#model/ids.ts";
import type { Draft } from "./draft.ts";
import { executorKey, executorOfTask, sandboxOfTask } from "./keys.ts";
import type { Sandbox } from "./records.ts";
import type { HeldTask } from "./types.ts";

type Owner = {
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly containerId: ContainerId;
};

/**
 * One that an executor runs has its files in the executor's sandbox, which is kept when that ends; and one that
 * was refused because its id is a living executor's has none.
 */
export const hasOwnSandbox = (draft: Draft, held: HeldTask): boolean =>
  held.runner === undefined && draft.executors.get(sandboxOfTask(held)) === undefined;

export function keepSandboxOfTask(draft: Draft, held: HeldTask): void {
  const { frameworkId, containerId } = held;
  if (hasOwnSandbox(draft, held))
    keepSandbox(draft, { frameworkId, executorId: executorOfTask(held), containerId });
  else removeOldSandboxes(draft);
}

export function keepSandbox(draft: Draft, { frameworkId, executorId, containerId }: Owner): void {
  const key = executorKey(frameworkId, executorId);
  // One that is being removed was never used anew.
  if (draft.sandboxes.get(key)?.removing !== true)
    draft.sandboxes.put(key, {
      frameworkId,
      executorId,
      containerId,
      endedAtMs: draft.nowMs,
      removing: false,
    });
  removeOldSandboxes(draft);
}

export function removeOldSandboxes(draft: Draft): void {
  const kept = draft.sandboxes.values().filter((sandbox) => !sandbox.removing);
  const tooMany = kept.length - limits.completedSandboxesMax;
  if (tooMany <= 0) return;
  const busy = new Set(draft.removals.values().map(({ sandboxKey }) => sandboxKey));
  for (const held of draft.tasks.values()) busy.add(sandboxOfTask(held));
  const free = kept.filter((sandbox) => !busy.has(keyOf(sandbox)));
  free.sort((left, right) => left.endedAtMs - right.endedAtMs || (keyOf(left) < keyOf(right) ? -1 : 1));
  for (const sandbox of free.slice(0, tooMany)) removeSandbox(draft, sandbox);
}

export function removeSandbox(draft: Draft, sandbox: Sandbox): void {
  if (sandbox.removing) return;
  draft.sandboxes.put(keyOf(sandbox), { ...sandbox, removing: true });
  askToRemove(draft, sandbox);
}

/** After a restart, which may have come between the mark and the deed. */
export function repeatRemovals(draft: Draft): void {
  for (const sandbox of draft.sandboxes.values()) if (sandbox.removing) askToRemove(draft, sandbox);
}

export function sandboxRemoved(draft: Draft, key: string): void {
  if (draft.sandboxes.get(key)?.removing === true) draft.sandboxes.remove(key);
}

const keyOf = ({ frameworkId, executorId }: Sandbox): string => executorKey(frameworkId, executorId);

const askToRemove = (draft: Draft, { frameworkId, executorId }: Sandbox): void =>
  draft.container({ type: "remove-sandbox", frameworkId, executorId });
