/**
 * What the result of a health check means for its task.
 *
 * A change of health is announced, a result that changes nothing is not. Failures in the grace period count
 * only once a check has passed. Too many failures in a row kill the task: as with Mesos's command executor,
 * it then ends as `killed` and unhealthy. Failures are counted anew after a restart of the agent, which gives
 * a task one more chance rather than one less.
 */

import type { CommandCheck } from "#model/task.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";
import { requestKill } from "./kill.ts";
import { setTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";
import { announce } from "./updates.ts";

type CheckResult = Extract<ContainerOutcome, { readonly type: "check-result" }>;

export function checked(draft: Draft, held: HeldTask | undefined, result: CheckResult): void {
  const check = held?.spec.healthCheck;
  if (held === undefined || check === undefined) return;
  const { taskId } = held.spec;
  // A result after the checks were stopped, or of the agent's life before this one, is late.
  if (draft.checks.get(taskId)?.checkId !== result.checkId) return;
  setTimer(draft, { kind: "check", taskId, atMs: draft.nowMs + check.intervalMs });
  if (result.ok) {
    draft.checks.put(taskId, { checkId: undefined, failures: 0 });
    changeHealth(draft, held, true, result.message);
  } else failed(draft, held, check, result.message);
}

function failed(draft: Draft, held: HeldTask, check: CommandCheck, message: string): void {
  const { taskId } = held.spec;
  const before = draft.checks.get(taskId)?.failures ?? 0;
  const graceEndsAtMs = (held.startedAtMs ?? draft.nowMs) + check.gracePeriodMs;
  if (held.healthy === undefined && draft.nowMs <= graceEndsAtMs && check.gracePeriodMs > 0) {
    draft.checks.put(taskId, { checkId: undefined, failures: before });
    return;
  }
  const failures = before + 1;
  draft.checks.put(taskId, { checkId: undefined, failures });
  const unhealthy = changeHealth(draft, held, false, message);
  if (failures < check.maxConsecutiveFailures) return;
  const times = failures === 1 ? "" : ` ${failures} times in a row`;
  const why = message === "" ? "" : `: ${message}`;
  requestKill(draft, unhealthy, {
    cause: "health-check",
    graceMs: undefined,
    reason: `Killed because its health check failed${times}${why}`,
  });
}

function changeHealth(draft: Draft, held: HeldTask, healthy: boolean, message: string): HeldTask {
  if (held.healthy === healthy) return held;
  const changed: HeldTask = { ...held, healthy };
  announce(draft, changed, {
    state: "running",
    source: "executor",
    reason: "health-check-status-updated",
    message,
    healthy,
  });
  return changed;
}
