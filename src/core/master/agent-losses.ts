/**
 * How many agents may be lost at a time: at a bounded rate, and none at all while too large a share is missing.
 *
 * A broken switch must not cost a cluster its tasks. An agent is missing when it was silent for half of its
 * time-out; what counts against the share are those, and those that were marked a short while ago. Nothing is
 * decided here about a single agent, and nobody is marked here.
 */

import { limits } from "#base/limits.ts";
import type { AgentId } from "#model/ids.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { type AgentLosses, type LossHold, singleRow } from "./records.ts";
import type { MasterState } from "./state.ts";
import type { AgentLossLimits } from "./types.ts";

/** Where no configuration says otherwise. */
export const lossLimitsUsual: AgentLossLimits = {
  rate: { agents: limits.agentLossAgentsUsual, withinMs: limits.agentLossWithinMsUsual },
  stop: {
    share: limits.agentLossShareUsual,
    agentsMin: limits.agentLossAgentsMinUsual,
    windowMs: limits.agentLossWindowMsUsual,
  },
  recoveryShare: 1,
};

const noLosses: AgentLosses = {
  markedAtMs: [],
  waiting: [],
  hold: undefined,
  released: [],
  awaited: 0,
  lookAtMs: 0,
  scheduled: 0,
  canceled: 0,
};

export const lossesOf = ({ tables }: MasterState): AgentLosses =>
  tables["agent-losses"].get(singleRow) ?? noLosses;

export const lossLimitsOf = ({ config }: MasterState): AgentLossLimits => config.agentLoss ?? lossLimitsUsual;

/** When the next agent is to be looked at: at its deadline, and again and again while one waits to be marked. */
export function nextLossMs(state: MasterState): number | undefined {
  const { waiting, hold, lookAtMs } = lossesOf(state);
  return waiting.length > 0 || hold !== undefined ? lookAtMs : state.deadlines.agents.nextMs;
}

/** After a start: what was marked before counts against the rate as before. */
export function startLosses(draft: Draft): void {
  const { state, nowMs } = draft;
  const sinceMs = nowMs - (lossLimitsOf(state).rate?.withinMs ?? 0);
  const markedAtMs: number[] = [];
  for (const { unreachableAtMs } of state.tables.agent.values())
    if (unreachableAtMs !== undefined && unreachableAtMs > sinceMs) markedAtMs.push(unreachableAtMs);
  draft.put("agent-losses", singleRow, {
    ...noLosses,
    markedAtMs: markedAtMs.sort((left, right) => left - right),
    awaited: state.recovered.size,
  });
}

type Losing = {
  /** False: its silence counts for nothing, since we did not ask; it has its time again. */
  isSilent(agentId: AgentId): boolean;
  mark(agentId: AgentId): void;
};

/** Marks of those that are due as many as may be. */
export function settleLosses(draft: Draft, { isSilent, mark }: Losing): void {
  const { state, nowMs } = draft;
  const dueMs = nextLossMs(state);
  if (dueMs === undefined || dueMs > nowMs) return;
  const before = lossesOf(state);
  const { rate } = lossLimitsOf(state);
  const recent = before.markedAtMs.filter((atMs) => rate !== undefined && atMs > nowMs - rate.withinMs);
  const all = state.deadlines.agents.first(limits.linksMax, nowMs);
  const due = all.filter(isSilent);
  // If it was us who slept, the answers of all agents wait unread.
  const haveSlept = due.length < all.length;
  const hold = haveSlept ? before.hold : holdNow(draft, before.hold);
  const released = new Set(before.released.filter((agentId) => isMissing(state, agentId, nowMs)));
  const perTick = haveSlept ? 0 : limits.agentsLostPerTickMax;
  const most = Math.min(perTick, rate === undefined ? perTick : rate.agents - recent.length);
  const marked = new Set<AgentId>();
  const waiting: AgentId[] = [];
  for (const agentId of due) {
    const isHeld = hold !== undefined && !released.has(agentId);
    if (isHeld || marked.size >= most) waiting.push(agentId);
    else marked.add(agentId);
  }
  for (const agentId of marked) mark(agentId);
  const wasWaiting = new Set(before.waiting);
  const isWaiting = new Set(waiting);
  const count = (agents: Iterable<AgentId>, counts: (agentId: AgentId) => boolean): number =>
    [...agents].filter(counts).length;
  draft.put("agent-losses", singleRow, {
    ...before,
    markedAtMs: rate === undefined ? [] : [...recent, ...[...marked].map(() => nowMs)],
    waiting,
    hold,
    released: [...released].filter((agentId) => !marked.has(agentId)),
    // Where nothing but the size of a tick is in the way, the next one follows at once.
    lookAtMs: marked.size >= limits.agentsLostPerTickMax ? nowMs : nowMs + limits.agentLossLookMs,
    scheduled: before.scheduled + count([...marked, ...waiting], (agentId) => !wasWaiting.has(agentId)),
    canceled:
      before.canceled + count(before.waiting, (agentId) => !isWaiting.has(agentId) && !marked.has(agentId)),
  });
}

/** The operator's word that those that are missing now are lost: they are marked, at the rate as ever. */
export function releaseLosses(draft: Draft): Rejection | undefined {
  const { state, nowMs } = draft;
  const losses = lossesOf(state);
  if (losses.hold === undefined)
    return reject(
      "conflict",
      "No agent is held back from being marked unreachable; there is nothing to decide.",
    );
  const released = state.deadlines.agents.first(limits.linksMax, missingUntilMs(state, nowMs));
  draft.put("agent-losses", singleRow, { ...losses, released, lookAtMs: nowMs });
  return undefined;
}

/** Silent for half of its time-out, whether or not it is due. */
export function isMissing(state: MasterState, agentId: AgentId, nowMs: number): boolean {
  const atMs = state.deadlines.agents.atMs(agentId);
  return atMs !== undefined && atMs <= missingUntilMs(state, nowMs);
}

const missingUntilMs = ({ config }: MasterState, nowMs: number): number => nowMs + config.agentTimeoutMs / 2;

function holdNow({ state, nowMs }: Draft, before: LossHold | undefined): LossHold | undefined {
  const { stop, recoveryShare } = lossLimitsOf(state);
  if (stop === undefined && recoveryShare >= 1) return undefined;
  const { awaited } = lossesOf(state);
  const agentsMin = stop?.agentsMin ?? limits.agentLossAgentsMinUsual;
  const found =
    over(stop?.share ?? 1, agentsMin, countMissing(state, nowMs, stop?.windowMs ?? 0)) ??
    over(recoveryShare, agentsMin, { missing: state.recovered.size, members: awaited });
  return found === undefined ? undefined : { ...found, sinceMs: before?.sinceMs ?? nowMs };
}

type Missing = { readonly missing: number; readonly members: number };

const over = (share: number, agentsMin: number, { missing, members }: Missing): Missing | undefined =>
  missing >= agentsMin && missing > share * members ? { missing, members } : undefined;

function countMissing(state: MasterState, nowMs: number, windowMs: number): Missing {
  let [lost, members] = [0, 0];
  for (const agent of state.tables.agent.values()) {
    const isLost = agent.state === "unreachable";
    const isOld = isLost && (agent.unreachableAtMs ?? 0) <= nowMs - windowMs;
    if (isLost && !isOld) lost += 1;
    if (!isOld) members += 1;
  }
  return { missing: lost + state.deadlines.agents.count(missingUntilMs(state, nowMs)), members };
}
