/**
 * The files of what has ended: at most `limits.completedSandboxesMax` sandboxes are kept, the newest, and none
 * for longer than the disk has room for. That of an id which is used again goes before its new use begins.
 *
 * A removal is marked durably before it is asked for and asked for again after a restart, so that a crash in
 * between leaves no directory behind. The files of a task whose container is still being removed, or that the
 * master has not acknowledged, are never touched. Of one directory at most one removal is asked for at a time.
 */

import { limits } from "#base/limits.ts";
import { allowedAgeMs, type HeadroomPolicy } from "#model/disk-headroom.ts";
import type { ContainerId, ExecutorId, FrameworkId } from "#model/ids.ts";
import type { Draft } from "./draft.ts";
import { executorKey, executorOfTask, sandboxOfTask } from "./keys.ts";
import { remembered } from "./outline.ts";
import type { EndedTask, Sandbox } from "./records.ts";
import type { HeldTask } from "./types.ts";

type Owner = {
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly containerId: ContainerId;
  readonly task?: EndedTask;
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
    keepSandbox(draft, {
      frameworkId,
      executorId: executorOfTask(held),
      containerId,
      task: remembered(held),
    });
  else removeOldSandboxes(draft);
}

export function keepSandbox(draft: Draft, { frameworkId, executorId, containerId, task }: Owner): void {
  const key = executorKey(frameworkId, executorId);
  // One that is being removed was never used anew.
  if (draft.sandboxes.get(key)?.removing !== true)
    draft.sandboxes.put(key, {
      frameworkId,
      executorId,
      containerId,
      endedAtMs: draft.nowMs,
      removing: false,
      ...(task === undefined ? {} : { task }),
    });
  removeOldSandboxes(draft);
}

export function removeOldSandboxes(draft: Draft): void {
  const kept = draft.sandboxes.values().filter((sandbox) => !sandbox.removing);
  const tooMany = kept.length - limits.completedSandboxesMax;
  if (tooMany > 0) removeAll(draft, oldestFirst(free(draft, kept)).slice(0, tooMany));
}

/** The disk was looked at: what is older than it has room for goes. */
export function diskLooked(draft: Draft, usedShare: number): void {
  const ageMs = allowedAgeMs(draft.config.sandboxesKept ?? usualHeadroom, usedShare);
  draft.disk = { ...draft.disk, usedShare, allowedAgeMs: ageMs };
  const old = draft.sandboxes
    .values()
    .filter(({ removing, endedAtMs }) => !removing && draft.nowMs - endedAtMs >= ageMs);
  removeAll(draft, oldestFirst(free(draft, old)));
}

const usualHeadroom: HeadroomPolicy = {
  delayMs: limits.unusedFilesKeptMs,
  headroomShare: limits.diskHeadroomShare,
};

/** Those of which nothing is used any more. */
function free(draft: Draft, sandboxes: readonly Sandbox[]): Sandbox[] {
  if (sandboxes.length === 0) return [];
  const busy = new Set(draft.removals.values().map(({ sandboxKey }) => sandboxKey));
  for (const held of draft.tasks.values()) busy.add(sandboxOfTask(held));
  return sandboxes.filter((sandbox) => !busy.has(keyOf(sandbox)));
}

const oldestFirst = (sandboxes: Sandbox[]): Sandbox[] =>
  sandboxes.sort((left, right) => left.endedAtMs - right.endedAtMs || (keyOf(left) < keyOf(right) ? -1 : 1));

function removeAll(draft: Draft, sandboxes: readonly Sandbox[]): void {
  if (sandboxes.length === 0) return;
  draft.disk = { ...draft.disk, removedCount: draft.disk.removedCount + sandboxes.length };
  for (const sandbox of sandboxes) removeSandbox(draft, sandbox);
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
