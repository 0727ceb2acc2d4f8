/**
 * When the health check of a task runs: after its delay, then again an interval after each result, as long as
 * the task runs and nobody wants it to end. What the results mean is `health.ts`.
 */

import type { TaskId } from "#model/ids.ts";
import type { Draft } from "./draft.ts";
import { clearTaskTimer, setTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";

/** For a task whose container just started, or was found running. */
export function firstCheck(draft: Draft, held: HeldTask): void {
  const check = held.spec.healthCheck;
  if (check === undefined) return;
  const atMs = Math.max(draft.nowMs, (held.startedAtMs ?? draft.nowMs) + check.delayMs);
  draft.checks.put(held.spec.taskId, { checkId: undefined, failures: 0 });
  setTimer(draft, { kind: "check", taskId: held.spec.taskId, atMs });
}

export function startCheck(draft: Draft, taskId: TaskId): void {
  const held = draft.tasks.get(taskId);
  const progress = draft.checks.get(taskId);
  const check = held?.spec.healthCheck;
  if (held === undefined || progress === undefined || check === undefined) return;
  const checkId = draft.chance.uuid();
  draft.checks.put(taskId, { ...progress, checkId });
  draft.container({
    type: "check",
    containerId: held.containerId,
    checkId,
    command: check.command,
    timeoutMs: check.timeoutMs,
  });
}

export function stopChecks(draft: Draft, taskId: TaskId): void {
  draft.checks.remove(taskId);
  clearTaskTimer(draft, "check", taskId);
}
