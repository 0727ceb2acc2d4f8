/**
 * When the checks of a task run: each after its delay, then again an interval after each result, as long as
 * the task runs and nobody wants it to end. What the results mean is `health.ts` and `check-results.ts`.
 *
 * A task may have one check of each purpose; they know nothing of each other.
 */

import type { Probe, TaskCheck, TaskHealthCheck } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { keyOfTask } from "./keys.ts";
import type { CheckPurpose, CheckTimer } from "./records.ts";
import { clearTimer, setTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";

const purposes = ["health", "check"] as const satisfies readonly CheckPurpose[];

/** `health`: judged by the agent. `check`: only told. */
export const timerOf = { health: "health-check", check: "check" } as const satisfies Record<
  CheckPurpose,
  CheckTimer
>;

export const checkKey = (purpose: CheckPurpose, key: string): string => `${purpose}/${key}`;

/** For a task whose container just started, or was found running. */
export function firstChecks(draft: Draft, held: HeldTask): void {
  const key = keyOfTask(held);
  for (const purpose of purposes) {
    const check = checkOf(held, purpose);
    if (check === undefined) continue;
    const atMs = Math.max(draft.nowMs, (held.startedAtMs ?? draft.nowMs) + check.delayMs);
    draft.checks.put(checkKey(purpose, key), { checkId: undefined, failures: 0 });
    setTimer(draft, { kind: timerOf[purpose], key, atMs });
  }
}

export function startCheck(draft: Draft, purpose: CheckPurpose, key: string): void {
  const held = draft.tasks.get(key);
  const progress = draft.checks.get(checkKey(purpose, key));
  const check = held === undefined ? undefined : checkOf(held, purpose);
  if (held === undefined || progress === undefined || check === undefined) return;
  const checkId = draft.chance.uuid();
  draft.checks.put(checkKey(purpose, key), { ...progress, checkId });
  const { timeoutMs } = check;
  draft.container({
    type: "check",
    containerId: held.containerId,
    checkId,
    probe: probeOf(check),
    timeoutMs,
  });
}

/** Undefined: a result after the checks were stopped, or of the agent's life before this one, is late. */
export const purposeOf = (draft: Draft, held: HeldTask, checkId: string): CheckPurpose | undefined =>
  purposes.find((purpose) => draft.checks.get(checkKey(purpose, keyOfTask(held)))?.checkId === checkId);

export function stopChecks(draft: Draft, key: string): void {
  for (const purpose of purposes) {
    draft.checks.remove(checkKey(purpose, key));
    clearTimer(draft, timerOf[purpose], key);
  }
}

const checkOf = ({ spec }: HeldTask, purpose: CheckPurpose): TaskHealthCheck | TaskCheck | undefined =>
  purpose === "health" ? spec.healthCheck : spec.check;

function probeOf(check: TaskCheck): Probe {
  if ("http" in check) return { http: check.http };
  if ("tcp" in check) return { tcp: check.tcp };
  const { command, env } = check;
  return env === undefined ? { command } : { command, env };
}
