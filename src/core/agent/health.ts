/**
 * What the result of a health check means for its task.
 *
 * Every failure that counts is announced, and the first success after none or after failures (Mesos's rule).
 * Failures in the grace period count only once a check has passed. Too many failures in a row kill the task: as
 * with Mesos's command executor, it then ends as `killed` and unhealthy. Failures are counted anew after a restart
 * of the agent, which gives a task one more chance rather than one less.
 */

import type { TaskHealthCheck } from "#model/task.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import { checkKey } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { keyOfTask } from "./keys.ts";
import { requestKill } from "./kill.ts";
import type { HeldTask } from "./types.ts";
import { announce } from "./updates.ts";

type CheckOutcome = Extract<ContainerOutcome, { readonly type: "check-result" }>;

export function judge(draft: Draft, held: HeldTask, { ok, message }: CheckOutcome): void {
  const check = held.spec.healthCheck;
  if (check === undefined) return;
  if (ok) passed(draft, held, message);
  else failed(draft, held, check, message);
}

function passed(draft: Draft, held: HeldTask, message: string): void {
  note(draft, held, 0);
  if (held.healthy !== true) tellHealth(draft, held, true, message);
}

function failed(draft: Draft, held: HeldTask, check: TaskHealthCheck, message: string): void {
  const before = draft.checks.get(checkKey("health", keyOfTask(held)))?.failures ?? 0;
  const graceEndsAtMs = (held.startedAtMs ?? draft.nowMs) + check.gracePeriodMs;
  if (held.healthy === undefined && draft.nowMs <= graceEndsAtMs && check.gracePeriodMs > 0) {
    note(draft, held, before);
    return;
  }
  const failures = before + 1;
  note(draft, held, failures);
  const unhealthy = tellHealth(draft, held, false, message);
  if (failures < check.maxConsecutiveFailures) return;
  const times = failures === 1 ? "" : ` ${failures} times in a row`;
  const why = message === "" ? "" : `: ${message}`;
  requestKill(draft, unhealthy, {
    cause: "health-check",
    graceMs: undefined,
    reason: `Killed because its health check failed${times}${why}`,
  });
}

const note = (draft: Draft, held: HeldTask, failures: number): void =>
  draft.checks.put(checkKey("health", keyOfTask(held)), { checkId: undefined, failures });

function tellHealth(draft: Draft, held: HeldTask, healthy: boolean, message: string): HeldTask {
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
