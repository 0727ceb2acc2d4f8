/**
 * How a task is made to end: TERM now, KILL when its grace is over, and KILL again while it still lives.
 *
 * A task that is still launching cannot be signalled: the wish is kept, and carried out when its container
 * stands (`tasks.ts`). Whatever it is, the task ends only when its container's exit is seen.
 */

import { limits } from "#base/limits.ts";
import type { TaskId } from "#model/ids.ts";
import { stopChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { setTimer } from "./timers.ts";
import type { HeldTask, KillCause } from "./types.ts";

export type KillWish = {
  readonly cause: KillCause;
  /** Undefined: the task's own. */
  readonly graceMs: number | undefined;
  readonly reason: string;
};

/** A second wish can only shorten the grace of the first, whose cause stands. */
export function requestKill(draft: Draft, held: HeldTask, wish: KillWish): void {
  if (held.phase === "ended") return;
  if (held.killing !== undefined) {
    shortenGrace(draft, held, wish.graceMs);
    return;
  }
  const { cause, reason } = wish;
  const graceMs = wish.graceMs ?? held.spec.killGraceMs;
  const wanted: HeldTask = { ...held, killing: { sinceMs: draft.nowMs, graceMs, cause, reason } };
  stopChecks(draft, held.spec.taskId);
  if (held.phase === "launching") draft.tasks.put(held.spec.taskId, wanted);
  else carryOut(draft, { ...wanted, phase: "killing" });
}

/** Signals as the time since the wish demands; also how a kill goes on after a restart. */
export function carryOut(draft: Draft, held: HeldTask): void {
  const { killing, spec, containerId } = held;
  if (killing === undefined) return;
  const killAtMs = killing.sinceMs + killing.graceMs;
  if (killAtMs <= draft.nowMs) {
    killNow(draft, held);
    return;
  }
  draft.tasks.put(spec.taskId, held);
  draft.container({ type: "signal", containerId, signal: "TERM" });
  setTimer(draft, { kind: "kill", taskId: spec.taskId, atMs: killAtMs });
}

export function killNow(draft: Draft, held: HeldTask): void {
  const { taskId } = held.spec;
  draft.tasks.put(taskId, held);
  draft.container({ type: "signal", containerId: held.containerId, signal: "KILL" });
  setTimer(draft, { kind: "kill", taskId, atMs: draft.nowMs + limits.killRepeatMs });
}

export function graceIsOver(draft: Draft, taskId: TaskId): void {
  const held = draft.tasks.get(taskId);
  if (held?.phase === "killing") killNow(draft, held);
}

function shortenGrace(draft: Draft, held: HeldTask, wantedMs: number | undefined): void {
  const { killing, spec } = held;
  if (killing === undefined || wantedMs === undefined) return;
  const graceMs = draft.nowMs - killing.sinceMs + wantedMs;
  if (graceMs >= killing.graceMs) return;
  const shortened: HeldTask = { ...held, killing: { ...killing, graceMs } };
  draft.tasks.put(spec.taskId, shortened);
  if (held.phase !== "killing") return;
  if (wantedMs <= 0) killNow(draft, shortened);
  else setTimer(draft, { kind: "kill", taskId: spec.taskId, atMs: killing.sinceMs + graceMs });
}
