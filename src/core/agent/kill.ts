/**
 * How a task is made to end: TERM now, KILL when its grace is over, and KILL again while it still lives.
 *
 * The launch of a task that is still launching is given up, which may come too late: the wish is kept, and carried
 * out when its container stands (`tasks.ts`). Whatever it is, the task ends only when its container's exit is seen, unless its launch
 * was not even asked for. A task of a custom executor is that one's to kill (`executor-tasks.ts`).
 */

import { limits } from "#base/limits.ts";
import { stopChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { endTask } from "./exits.ts";
import { keyOfTask } from "./keys.ts";
import { isWaiting } from "./launches.ts";
import { setTimer } from "./timers.ts";
import type { HeldTask, KillCause } from "./types.ts";
import { announce } from "./updates.ts";

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
  if (isWaiting(draft, held)) {
    endBeforeLaunch(draft, held, wish);
    return;
  }
  const { cause, reason } = wish;
  const graceMs = wish.graceMs ?? held.spec.killGraceMs;
  const wanted: HeldTask = { ...held, killing: { sinceMs: draft.nowMs, graceMs, cause, reason } };
  stopChecks(draft, keyOfTask(held));
  if (held.phase === "launching") {
    giveUpLaunch(draft, wanted);
    return;
  }
  carryOut(draft, { ...wanted, phase: "killing" });
  sayKilling(draft, wanted);
}

/** As Mesos's executors do it: to frameworks that know the state, and not of a task whose time is over. */
function sayKilling(draft: Draft, { spec, killing, ...held }: HeldTask): void {
  const now = draft.tasks.get(keyOfTask({ ...held, spec }));
  if (spec.tellsKilling !== true || killing?.cause === "max-duration" || now === undefined) return;
  const news = { source: "executor", reason: undefined, message: "", healthy: undefined } as const;
  announce(draft, now, { ...news, state: "killing" });
}

/** What it waits for, an image or files, may take long or never come. */
function giveUpLaunch(draft: Draft, held: HeldTask): void {
  draft.putTask(held);
  draft.container({ type: "signal", containerId: held.containerId, signal: "KILL" });
}

/** Signals as the time since the wish demands; also how a kill goes on after a restart. */
export function carryOut(draft: Draft, held: HeldTask): void {
  const { killing, containerId } = held;
  if (killing === undefined) return;
  const killAtMs = killing.sinceMs + killing.graceMs;
  if (killAtMs <= draft.nowMs) {
    killNow(draft, held);
    return;
  }
  draft.putTask(held);
  draft.container({ type: "signal", containerId, signal: "TERM" });
  setTimer(draft, { kind: "kill", key: keyOfTask(held), atMs: killAtMs });
}

export function killNow(draft: Draft, held: HeldTask): void {
  draft.putTask(held);
  draft.container({ type: "signal", containerId: held.containerId, signal: "KILL" });
  setTimer(draft, { kind: "kill", key: keyOfTask(held), atMs: draft.nowMs + limits.killRepeatMs });
}

export function graceIsOver(draft: Draft, key: string): void {
  const held = draft.tasks.get(key);
  if (held?.phase === "killing") killNow(draft, held);
}

const endBeforeLaunch = (draft: Draft, held: HeldTask, { reason }: KillWish): void =>
  endTask(draft, held, {
    state: "killed",
    source: "agent",
    reason: "task-killed-during-launch",
    message: `${reason} before it was launched`,
    exit: undefined,
  });

function shortenGrace(draft: Draft, held: HeldTask, wantedMs: number | undefined): void {
  const { killing } = held;
  if (killing === undefined || wantedMs === undefined) return;
  const graceMs = draft.nowMs - killing.sinceMs + wantedMs;
  if (graceMs >= killing.graceMs) return;
  const shortened: HeldTask = { ...held, killing: { ...killing, graceMs } };
  draft.putTask(shortened);
  if (held.phase !== "killing") return;
  if (wantedMs <= 0) killNow(draft, shortened);
  else setTimer(draft, { kind: "kill", key: keyOfTask(held), atMs: killing.sinceMs + graceMs });
}
