/**
 * Why not: what the agents that offered last said about an app that still misses instances.
 *
 * Kept in memory while the app misses any, for the queue and for `explain`.
 */

import { limits } from "#base/limits.ts";
import type { RefusedBy } from "#model/reason.ts";
import type { Draft } from "./draft.ts";
import type { Demand } from "./records.ts";

export type Attempt = {
  readonly offersSeen: number;
  /** Instances for which no place was found. */
  readonly missing: number;
  readonly refusedBy: readonly RefusedBy[];
};

const keptPerApp = (waiting: number): number =>
  Math.min(
    limits.refusalsKeptPerAppMax,
    Math.max(limits.refusalsKeptPerAppMin, Math.floor(limits.refusalsKeptMax / Math.max(1, waiting))),
  );

export function reportPlacement(draft: Draft, demand: Demand, attempt: Attempt): void {
  const { appId } = demand;
  if (attempt.missing === 0) {
    draft.put({ kind: "placement-report", id: appId, value: undefined });
    return;
  }
  const previous = draft.state.reports.get(appId);
  // The newest answer of each agent counts; those that spoke longest ago are forgotten first.
  const answers = new Map((previous?.refusedBy ?? []).map((refusal) => [refusal.agentName, refusal]));
  for (const refusal of attempt.refusedBy) {
    answers.delete(refusal.agentName);
    answers.set(refusal.agentName, refusal);
  }
  const unused = attempt.refusedBy.length;
  draft.put({
    kind: "placement-report",
    id: appId,
    value: {
      appId,
      sinceMs: previous?.sinceMs ?? demand.sinceMs,
      offersSeen: (previous?.offersSeen ?? 0) + attempt.offersSeen,
      offersUnused: (previous?.offersUnused ?? 0) + unused,
      lastUnusedAtMs: unused > 0 ? draft.nowMs : previous?.lastUnusedAtMs,
      // With a full draft nothing was really looked at.
      lookedAtMs: draft.isFull ? previous?.lookedAtMs : draft.nowMs,
      refusedBy: [...answers.values()].slice(-keptPerApp(draft.state.demands.size)),
    },
  });
}
