/**
 * The two ends of an agent's work: the cluster is told to stop, or the master refuses the agent.
 *
 * Refused means that the master gave this identity up for good: its tasks are gone to their frameworks, which
 * placed others. They are ended here, nothing is said of them, and the agent comes back as a new one with a
 * new key, so that a server marked gone by mistake rejoins without anybody's help. (Mesos's agent exits and
 * waits for an operator to wipe its state; the outcome is the same with less work.) If the agent crashes
 * meanwhile it registers as before, is refused again, and ends up here again; so this needs no durable mark.
 */

import { limits } from "#base/limits.ts";
import { noCheckpoint } from "#model/resource-checkpoint.ts";
import type { Draft } from "./draft.ts";
import { shutdownExecutor } from "./executor-life.ts";
import { isEnded } from "./exits.ts";
import { requestKill } from "./kill.ts";
import { clearLinkTimer } from "./timers.ts";
import { forget } from "./updates.ts";

export function stopTasks(draft: Draft): void {
  draft.lifecycle = { ...draft.lifecycle, stopping: true };
  // Before recovery is over it is not known what runs; recovery comes back here.
  if (draft.lifecycle.phase === "ready") killAllToStop(draft);
}

export const killAllToStop = (draft: Draft): void =>
  endAll(draft, "stop", "Killed because the cluster was told to stop");

export function refused(draft: Draft, reason: string): void {
  draft.lifecycle = { ...draft.lifecycle, refused: reason };
  if (draft.link !== undefined) draft.link = { ...draft.link, registered: false };
  clearLinkTimer(draft, "register");
  clearLinkTimer(draft, "silence");
  for (const held of draft.tasks.values()) if (isEnded(held)) forget(draft, held);
  endAll(draft, "refused", `Killed because the master refused this agent: ${reason}`);
}

/** After every input: whether the last container is gone, for which stopping and coming back anew wait. */
export function settle(draft: Draft): void {
  const { phase, stopping, stopped, refused } = draft.lifecycle;
  if (phase !== "ready" || (refused === undefined && (!stopping || stopped))) return;
  if (draft.removals.values().length > 0 || draft.executors.values().length > 0) return;
  if (!draft.tasks.values().every(isEnded)) return;
  if (refused !== undefined) becomeNew(draft);
  if (stopping && !stopped) {
    draft.lifecycle = { ...draft.lifecycle, stopped: true };
    draft.effects.push({ type: "stopped" });
  }
}

/** The new session, which comes after the link's back-off, is the new agent's first. */
function becomeNew(draft: Draft): void {
  draft.lifecycle = { ...draft.lifecycle, refused: undefined };
  draft.identity = { key: draft.chance.uuid(), agentId: undefined };
  // Reservations and volumes were the old agent's, and went with it.
  draft.checkpoint = noCheckpoint;
  if (draft.link === undefined) return;
  draft.effects.push({ type: "reconnect", session: draft.link.session });
  draft.link = undefined;
}

/** Of what a custom executor runs, the executor is ended, and ends it. */
function endAll(draft: Draft, cause: "stop" | "refused", reason: string): void {
  for (const held of draft.executors.values()) {
    const graceMs = Math.min(held.spec.shutdownGraceMs, limits.stopGraceMaxMs);
    if (held.spec.kind === "custom") shutdownExecutor(draft, held, { cause, graceMs, reason });
  }
  for (const held of draft.tasks.values()) {
    const graceMs = Math.min(held.spec.killGraceMs, limits.stopGraceMaxMs);
    if (held.runner !== "custom") requestKill(draft, held, { cause, graceMs, reason });
  }
}
