/**
 * The life of a custom executor's process: it starts, has to subscribe in time, comes back to an agent that was
 * restarted, and is made to end.
 *
 * It is asked to end on its session, or by TERM where it has none; when its grace is over it is killed, and
 * again while it still lives. It is gone only when its container's exit is seen (`executor-ends.ts`).
 */

import { limits } from "#base/limits.ts";
import type { ContainerId } from "#model/ids.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";
import { executorGone } from "./executor-ends.ts";
import { keyOfExecutor } from "./keys.ts";
import { setTimer } from "./timers.ts";
import type { ExecutorEndCause, HeldExecutor } from "./types.ts";

export type EndWish = {
  readonly cause: ExecutorEndCause;
  /** Undefined: the executor's own. */
  readonly graceMs: number | undefined;
  readonly reason: string;
};

export function executorOf(draft: Draft, id: ContainerId): HeldExecutor | undefined {
  const key = draft.state.executorByContainer.get(id);
  return key === undefined ? undefined : draft.executors.get(key);
}

export function executorLaunched(
  draft: Draft,
  held: HeldExecutor,
  { pid, networks }: Extract<ContainerOutcome, { type: "launched" }>,
): void {
  const found = networks === undefined ? held : { ...held, networks };
  if (held.phase === "launching") executorStands(draft, found, pid);
}

/** Its container runs, as its launch or the recovery says. It may have subscribed before we knew. */
function executorStands(draft: Draft, held: HeldExecutor, pid: number | undefined): void {
  const key = keyOfExecutor(held);
  const now: HeldExecutor = { ...held, phase: "running", pid };
  if (held.ending !== undefined) {
    killExecutor(draft, { ...now, phase: "killing" });
    return;
  }
  draft.executors.put(key, now);
  if (draft.lives.get(key)?.subscribed !== true)
    setTimer(draft, { kind: "executor", key, atMs: draft.nowMs + timeouts(draft).registrationMs });
}

/** After a restart of the agent, to which it has to come back. */
export function resumeExecutor(draft: Draft, held: HeldExecutor): void {
  const key = keyOfExecutor(held);
  draft.lives.put(key, { session: undefined, subscribed: false, employed: false, granted: undefined });
  if (held.phase === "launching" && !held.hasSubscribed) executorStands(draft, held, undefined);
  else if (held.ending !== undefined) carryOutEnding(draft, { ...held, phase: "killing" });
  else {
    // So that its container may use what it should, whatever was said last before the restart.
    draft.executors.put(key, { ...held, phase: "running" });
    const { registrationMs, reregistrationMs } = timeouts(draft);
    const waitMs = held.hasSubscribed ? reregistrationMs : registrationMs;
    setTimer(draft, { kind: "executor", key, atMs: draft.nowMs + waitMs });
  }
}

/** A second wish can only shorten the grace of the first, whose cause stands. */
export function shutdownExecutor(draft: Draft, held: HeldExecutor, wish: EndWish): void {
  const graceMs = wish.graceMs ?? held.spec.shutdownGraceMs;
  if (held.ending !== undefined) {
    const shorter = draft.nowMs - held.ending.sinceMs + graceMs;
    if (shorter < held.ending.graceMs) continueEnding(draft, held, shorter);
    return;
  }
  const { cause, reason } = wish;
  const key = keyOfExecutor(held);
  const ending: HeldExecutor = { ...held, ending: { sinceMs: draft.nowMs, graceMs, cause, reason } };
  if (draft.waiting.get(key) !== undefined) executorGone(draft, ending, "It was not started yet");
  else if (held.phase === "launching" && draft.lives.get(key)?.session === undefined)
    draft.executors.put(key, ending);
  else carryOutEnding(draft, { ...ending, phase: "killing" });
}

/** What it had to do by now was not done: the deadline is taken back when it subscribes. */
export function executorIsLate(draft: Draft, key: string): void {
  const held = draft.executors.get(key);
  if (held === undefined || held.phase === "launching") return;
  if (held.ending !== undefined) {
    killExecutor(draft, held);
    return;
  }
  const { registrationMs, reregistrationMs } = timeouts(draft);
  shutdownExecutor(
    draft,
    held,
    held.hasSubscribed
      ? {
          cause: "lost",
          graceMs: 0,
          reason: `Executor did not reregister within ${reregistrationMs / 1_000}secs`,
        }
      : {
          cause: "silent",
          graceMs: 0,
          reason: `Executor did not register within ${registrationMs / 1_000}secs`,
        },
  );
}

function carryOutEnding(draft: Draft, held: HeldExecutor): void {
  const key = keyOfExecutor(held);
  if (held.ending === undefined) return;
  const killAtMs = held.ending.sinceMs + held.ending.graceMs;
  if (killAtMs <= draft.nowMs) {
    killExecutor(draft, held);
    return;
  }
  draft.executors.put(key, held);
  const session = draft.lives.get(key)?.session;
  if (session !== undefined) draft.sendExecutor(session, { type: "shutdown" });
  else draft.container({ type: "signal", containerId: held.containerId, signal: "TERM" });
  setTimer(draft, { kind: "executor", key, atMs: killAtMs });
}

function continueEnding(draft: Draft, held: HeldExecutor, graceMs: number): void {
  if (held.ending === undefined) return;
  const key = keyOfExecutor(held);
  const shortened: HeldExecutor = { ...held, ending: { ...held.ending, graceMs } };
  draft.executors.put(key, shortened);
  if (held.phase !== "killing") return;
  setTimer(draft, { kind: "executor", key, atMs: held.ending.sinceMs + graceMs });
}

function killExecutor(draft: Draft, held: HeldExecutor): void {
  const key = keyOfExecutor(held);
  draft.executors.put(key, held);
  draft.container({ type: "signal", containerId: held.containerId, signal: "KILL" });
  setTimer(draft, { kind: "executor", key, atMs: draft.nowMs + limits.killRepeatMs });
}

const timeouts = ({
  config,
}: Draft): { readonly registrationMs: number; readonly reregistrationMs: number } =>
  config.executorTimeouts ?? {
    registrationMs: limits.executorRegistrationMs,
    reregistrationMs: limits.executorReregistrationMs,
  };
