/**
 * The agent's deadlines: one table for all of them, so that the next wake-up is one look over it.
 *
 * A task or an executor has at most one deadline of each kind, the link one of each of its own. Those that are
 * due are taken out before they are handed on, so a deadline never fires twice; whoever wants another one sets it.
 */

import type { Draft } from "./draft.ts";
import type { ExecutorTimer, TaskTimer, Timer } from "./records.ts";
import type { AgentState } from "./state.ts";

export function nextTimerAtMs(state: AgentState): number | undefined {
  let next: number | undefined;
  for (const timer of state.timers.values()) {
    if (next === undefined || timer.atMs < next) next = timer.atMs;
  }
  return next;
}

/** Those that are due now, the earliest first, taken out of the table. */
export function takeDueTimers(draft: Draft): readonly Timer[] {
  const due = draft.timers.values().filter((timer) => timer.atMs <= draft.nowMs);
  due.sort((left, right) => left.atMs - right.atMs || (timerId(left) < timerId(right) ? -1 : 1));
  for (const timer of due) draft.timers.remove(timerId(timer));
  return due;
}

export const setTimer = (draft: Draft, timer: Timer): void => draft.timers.put(timerId(timer), timer);

export const clearLinkTimer = (draft: Draft, kind: "register" | "silence"): void => draft.timers.remove(kind);

export const clearTimer = (draft: Draft, kind: "resend" | TaskTimer | ExecutorTimer, key: string): void =>
  draft.timers.remove(`${kind}/${key}`);

const timerId = (timer: Timer): string => ("key" in timer ? `${timer.kind}/${timer.key}` : timer.kind);
