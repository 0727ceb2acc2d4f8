/**
 * The files of ended tasks: the newest `limits.completedSandboxesMax` are kept, older ones are removed.
 *
 * A removal is marked durably before it is asked for and asked for again after a restart, so that a crash in
 * between leaves no directory behind. The files of a task whose container is still being removed, or that the
 * master has not acknowledged, are never touched.
 */

import { limits } from "#base/limits.ts";
import type { TaskId } from "#model/ids.ts";
import type { Draft } from "./draft.ts";
import type { Sandbox } from "./records.ts";
import type { HeldTask } from "./types.ts";

export function keepSandbox(draft: Draft, held: HeldTask): void {
  const { taskId } = held.spec;
  draft.sandboxes.put(taskId, {
    taskId,
    frameworkId: held.frameworkId,
    containerId: held.containerId,
    endedAtMs: draft.nowMs,
    removing: false,
  });
  removeOldSandboxes(draft);
}

export function removeOldSandboxes(draft: Draft): void {
  const kept = draft.sandboxes.values().filter((sandbox) => !sandbox.removing);
  const tooMany = kept.length - limits.completedSandboxesMax;
  if (tooMany <= 0) return;
  const busy = new Set(draft.removals.values().map(({ taskId }) => taskId));
  kept.sort((left, right) => left.endedAtMs - right.endedAtMs || (left.taskId < right.taskId ? -1 : 1));
  for (const sandbox of kept.filter(({ taskId }) => !busy.has(taskId)).slice(0, tooMany)) {
    draft.sandboxes.put(sandbox.taskId, { ...sandbox, removing: true });
    askToRemove(draft, sandbox);
  }
}

/** After a restart, which may have come between the mark and the deed. */
export function repeatRemovals(draft: Draft): void {
  for (const sandbox of draft.sandboxes.values()) if (sandbox.removing) askToRemove(draft, sandbox);
}

export function sandboxRemoved(draft: Draft, taskId: TaskId): void {
  if (draft.sandboxes.get(taskId)?.removing === true) draft.sandboxes.remove(taskId);
}

const askToRemove = (draft: Draft, { frameworkId, taskId }: Sandbox): void =>
  draft.container({ type: "remove-sandbox", frameworkId, taskId });
