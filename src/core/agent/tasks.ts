/**
 * What becomes of the launch of a task that has a container of its own.
 *
 * The two outcomes of a container, that it runs and that it ended, come in any order.
 */

import { limits } from "#base/limits.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import { firstChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { endTask } from "./exits.ts";
import { keyOfTask } from "./keys.ts";
import { killNow, requestKill } from "./kill.ts";
import { setTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";
import { announce } from "./updates.ts";

export function launched(
  draft: Draft,
  held: HeldTask,
  { pid, networks }: Extract<ContainerOutcome, { type: "launched" }>,
): void {
  // It may have exited already.
  if (held.phase === "launching") started(draft, inNetworks(held, networks), pid);
}

/**
 * For the next report, and of a launch that takes long now and then for its framework, too: as a status that it starts,
 * which Mesos lets an executor repeat. An executor's own launch is told by nobody.
 */
export function launchProgresses(draft: Draft, held: HeldTask, given: string): void {
  if (held.phase !== "launching") return;
  const key = keyOfTask(held);
  const message = given.slice(0, limits.launchProgressCharactersMax);
  draft.launchProgress.put(key, message);
  const { latest, launchedAtMs, killing } = held;
  const dueAtMs =
    latest === undefined
      ? launchedAtMs + limits.launchNewsAfterMs
      : latest.timestampMs + limits.launchNewsIntervalMs;
  // A framework that has not taken in what it was told last is told no more.
  if (draft.nowMs < dueAtMs || killing !== undefined || draft.streams.get(key) !== undefined) return;
  const news = { state: "starting", source: "agent", reason: undefined, healthy: undefined } as const;
  announce(draft, held, { ...news, message });
}

export const inNetworks = (held: HeldTask, networks: HeldTask["networks"]): HeldTask =>
  networks === undefined ? held : { ...held, networks };

/** The container of a task runs, as its launch or the recovery says; its pid may have been forgotten. */
export function started(draft: Draft, held: HeldTask, pid: number | undefined): void {
  const now = { ...held, pid, startedAtMs: draft.nowMs };
  draft.launchProgress.remove(keyOfTask(held));
  if (held.killing !== undefined) {
    // Nobody was told that it runs, so nobody can count on a graceful end: it ends as if never started.
    killNow(draft, { ...now, phase: "killing" });
    return;
  }
  const running: HeldTask = { ...now, phase: "running" };
  announce(draft, running, {
    state: "running",
    source: "executor",
    reason: undefined,
    message: "",
    healthy: undefined,
  });
  watch(draft, running);
}

/** For a task whose container just started, or was found running. */
export function watch(draft: Draft, held: HeldTask): void {
  firstChecks(draft, held);
  const { maxDurationMs } = held.spec;
  if (maxDurationMs === undefined) return;
  const atMs = (held.startedAtMs ?? draft.nowMs) + maxDurationMs;
  setTimer(draft, { kind: "max-duration", key: keyOfTask(held), atMs });
}

export function timeIsOver(draft: Draft, key: string): void {
  const held = draft.tasks.get(key);
  if (held?.phase !== "running") return;
  requestKill(draft, held, {
    cause: "max-duration",
    // Mesos's executors give such a task no time to end by itself.
    graceMs: 0,
    reason: `Killed because it ran for longer than the ${(held.spec.maxDurationMs ?? 0) / 1_000} s that it may take`,
  });
}

export function launchFailed(
  draft: Draft,
  held: HeldTask,
  { reason, message }: Extract<ContainerOutcome, { type: "launch-failed" }>,
): void {
  if (held.phase !== "launching") return;
  if (held.killing !== undefined) {
    endTask(draft, held, {
      state: "killed",
      source: "agent",
      reason: "task-killed-during-launch",
      message: `${held.killing.reason} while it was launched, which failed too: ${message}`,
      exit: undefined,
    });
    return;
  }
  endTask(draft, held, { state: "failed", source: "agent", reason, message, exit: undefined });
}

export function taskOf(draft: Draft, id: HeldTask["containerId"]): HeldTask | undefined {
  const key = draft.state.taskByContainer.get(id);
  return key === undefined ? undefined : draft.tasks.get(key);
}
