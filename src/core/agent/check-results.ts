/**
 * What a check found, told to the task's framework when it is something else than before.
 *
 * Nothing is judged here and nothing comes of it: that is the framework's. What is told before the first result,
 * of a check that found nothing, and at the task's end, is of the check's kind and empty.
 */

import { equalValues } from "#base/equal.ts";
import { type CheckResult, noResult } from "#model/task.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import { checkKey, purposeOf, timerOf } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { judge } from "./health.ts";
import { keyOfTask } from "./keys.ts";
import { setTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";
import { announce } from "./updates.ts";

type CheckOutcome = Extract<ContainerOutcome, { readonly type: "check-result" }>;

export function checked(draft: Draft, held: HeldTask | undefined, outcome: CheckOutcome): void {
  if (held === undefined) return;
  const purpose = purposeOf(draft, held, outcome.checkId);
  const check = purpose === "health" ? held.spec.healthCheck : held.spec.check;
  if (purpose === undefined || check === undefined) return;
  const key = keyOfTask(held);
  setTimer(draft, { kind: timerOf[purpose], key, atMs: draft.nowMs + check.intervalMs });
  if (purpose === "health") return judge(draft, held, outcome);
  draft.checks.put(checkKey(purpose, key), { checkId: undefined, failures: 0 });
  tell(draft, held, outcome.result ?? noResult(check));
}

function tell(draft: Draft, held: HeldTask, result: CheckResult): void {
  const { check } = held.spec;
  if (check === undefined || equalValues(result, held.checkResult ?? noResult(check))) return;
  announce(
    draft,
    { ...held, checkResult: result },
    {
      state: "running",
      source: "executor",
      reason: "task-check-status-updated",
      message: "",
      healthy: held.healthy,
    },
  );
}
