/**
 * What the engine keeps in memory of one container; all that must last is in the container's directory.
 */

import { limits } from "#base/limits.ts";
import type { HeldContainer } from "./backend.ts";
import { isAlive, type ProcessIdentity, parentOf } from "./process-identity.ts";

export type Entry = {
  container: HeldContainer;
  started: ProcessIdentity | undefined;
  /** Who will write its exit code; undefined when it had ended before anybody looked. */
  supervisor: ProcessIdentity | undefined;
  exited: boolean;
  /** Since when, and how often in a row, neither the process nor an exit file was found. */
  lost: { readonly sinceMs: number; readonly polls: number } | undefined;
  /** The end of the queue of this container's effects. */
  work: Promise<void>;
  /** Waiters for the exit outcome. */
  onExited: (() => void)[];
};

export const createEntry = (container: HeldContainer): Entry => ({
  container,
  started: undefined,
  supervisor: undefined,
  exited: false,
  lost: undefined,
  work: Promise.resolve(),
  onExited: [],
});

export function noteStarted(entry: Entry, started: ProcessIdentity): void {
  entry.started = started;
  entry.supervisor = parentOf(started.pid, entry.container.name);
}

/**
 * Looks whether a container ended without anybody to write its exit code. A supervisor may take its time, on a
 * busy host a long one; only one that is known to be gone, or that nobody knows, is given up.
 */
export function isLost(entry: Entry, nowMs: number): boolean {
  const { started, supervisor } = entry;
  const isWatched = supervisor !== undefined && isAlive(supervisor);
  if (started === undefined || entry.exited || isAlive(started) || isWatched) {
    entry.lost = undefined;
    return false;
  }
  const { sinceMs, polls } = entry.lost ?? { sinceMs: nowMs, polls: 0 };
  entry.lost = { sinceMs, polls: polls + 1 };
  return polls + 1 >= 3 && (supervisor !== undefined || nowMs - sinceMs >= limits.exitSettleMs);
}

/** Puts work at the end of the container's queue. */
export function enqueue(entry: Entry, work: () => Promise<void>): void {
  entry.work = entry.work.then(work).catch(() => undefined);
}
