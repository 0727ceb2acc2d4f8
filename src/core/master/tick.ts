/**
 * The tick: what is due by now, and the allocation cycle.
 *
 * A tick does a bounded part of what is due and asks to be called again for the rest. The cycle runs on the
 * state alone, so it waits for the next tick when this one changed anything that it would have to see.
 */

import { limits } from "#base/limits.ts";
import { isCycleWanted } from "#core/allocator/cycle.ts";
import { forgetAgent, isSilent, markLost } from "./agent-loss.ts";
import { nextLossMs, settleLosses } from "./agent-losses.ts";
import { sessionDue } from "./agents.ts";
import type { Draft } from "./draft.ts";
import { frameworkDue } from "./frameworks.ts";
import { filterDue, makeOffers, rescindOffers } from "./offers.ts";
import { operationDue } from "./operations.ts";
import { singleRow } from "./records.ts";
import type { MasterState } from "./state.ts";

export function tick(draft: Draft): void {
  const { state, nowMs } = draft;
  const { deadlines } = state;
  const many = limits.deadlinesPerTickMax;
  settleLosses(draft, {
    isSilent: (agentId) => isSilent(draft, agentId),
    mark: (agentId) => markLost(draft, agentId),
  });
  for (const agentId of deadlines.unreachable.first(limits.agentsLostPerTickMax, nowMs))
    forgetAgent(draft, agentId);
  for (const session of deadlines.sessions.first(many, nowMs)) sessionDue(draft, session);
  for (const frameworkId of deadlines.frameworks.first(many, nowMs)) frameworkDue(draft, frameworkId);
  for (const key of deadlines.filters.first(many, nowMs)) filterDue(draft, key);
  for (const uuid of deadlines.operations.first(many, nowMs)) operationDue(draft, uuid);
  for (const id of deadlines.offers.first(many, nowMs)) {
    const offer = draft.get("offer", id);
    if (offer !== undefined) rescindOffers(draft, [offer]);
  }
  if (isPauseOver(draft)) draft.put("master", singleRow, { ...draft.identity(), awaited: 0 });
  const cycleAtMs = nextCycleMs(state);
  if (cycleAtMs !== undefined && cycleAtMs <= nowMs && !concernsCycle(draft)) makeOffers(draft);
}

/** When the next tick has something to do. */
export function wakeAtMs(state: MasterState): number | undefined {
  const { unreachable, sessions, frameworks, filters, operations, offers } = state.deadlines;
  const queues = [unreachable, sessions, frameworks, filters, operations, offers];
  let earliest = nextCycleMs(state);
  for (const nextMs of [nextLossMs(state), ...queues.map((queue) => queue.nextMs)])
    if (nextMs !== undefined && (earliest === undefined || nextMs < earliest)) earliest = nextMs;
  return earliest;
}

/** At once after something happened that others wait for; else an interval after the last cycle. */
function nextCycleMs(state: MasterState): number | undefined {
  const { allocator, config, tables } = state;
  if (!isCycleWanted(allocator)) return undefined;
  const pausedMs = pausedUntilMs(state);
  if (pausedMs !== undefined) return pausedMs;
  const lastMs = tables["allocation-cycle"].get(singleRow)?.atMs ?? 0;
  // Too many offers are out: nothing can be made before some come back.
  const isFull = tables.offer.size >= limits.offersOutstandingMax;
  return allocator.urgent && !isFull ? lastMs : lastMs + config.allocationIntervalMs;
}

/**
 * With quotas, a master that just started waits until most agents are back: what their tasks use is not
 * known before, and one role could be given what is another's.
 */
export function pausedUntilMs(state: MasterState): number | undefined {
  const { recovered, tables } = state;
  const master = tables.master.get(singleRow);
  if (master === undefined || master.awaited === 0) return undefined;
  const back = master.awaited - recovered.size;
  return back >= master.awaited * limits.recoveryShare
    ? undefined
    : master.startedAtMs + limits.recoveryPauseMs;
}

const isPauseOver = (draft: Draft): boolean => {
  const untilMs = pausedUntilMs(draft.state);
  return untilMs !== undefined && untilMs <= draft.nowMs;
};

const concernsCycle = (draft: Draft): boolean =>
  (["agent", "framework", "offer", "task", "filter", "master"] as const).some(
    (kind) => draft.changed(kind).size > 0,
  );
