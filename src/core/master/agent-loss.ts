/**
 * Agents that are away: disconnected at once when the link breaks, unreachable after the time-out, gone when
 * an operator says so.
 *
 * The mark is durable before any framework hears of it. Tasks of an unreachable agent are kept, without
 * their resources, for they may come back with it.
 */

import type { AgentId } from "#model/ids.ts";
import type { Task } from "#model/task.ts";
import { isTerminal } from "#model/task-state.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { forgetExecutorsOf } from "./executors.ts";
import { rescindInverse } from "./maintenance.ts";
import { rescindOffers } from "./offers.ts";
import { announceOperations } from "./operations.ts";
import { taskKey } from "./records.ts";
import { announce, completeTask, endTask, forgetTask, hasEnded, tellStatus } from "./status.ts";

export function markDisconnected(draft: Draft, agentId: AgentId): void {
  const agent = draft.get("agent", agentId);
  if (agent?.state !== "active") return;
  draft.put("agent", agentId, { ...agent, state: "disconnected" });
  draft.put("agent-absence", agentId, { untilMs: draft.nowMs + draft.state.config.agentTimeoutMs });
  rescindOffers(draft, draft.offersOfAgent(agentId));
}

/** It was unreachable for so long that it is given up for good. */
export function forgetAgent(draft: Draft, agentId: AgentId): void {
  for (const task of draft.tasksOfAgent(agentId))
    forgetTask(draft, taskKey(task.frameworkId, task.spec.taskId));
  announceOperations(draft, agentId, "unknown", false);
  draft.delete("agent", agentId);
}

/** It was silent or away for too long. */
export function markLost(draft: Draft, agentId: AgentId): void {
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return;
  leave(draft, agentId);
  draft.put("agent", agentId, { ...agent, state: "unreachable", unreachableAtMs: draft.nowMs });
  announceOperations(draft, agentId, "unreachable", true);
  for (const task of draft.tasksOfAgent(agentId))
    if (!hasEnded(task))
      announce(draft, task, {
        state: "unreachable",
        reason: "agent-removed",
        message: `Agent ${agent.info.name} is unreachable`,
      });
}

/**
 * Silence counts only if we asked: after a sleep of our own (a suspended machine, a clock that jumped) the
 * agents' answers wait unread, and nobody is given up before they had their time again.
 */
export function isSilent(draft: Draft, agentId: AgentId): boolean {
  const row = draft.get("agent-session", draft.sessionOf(agentId) ?? "");
  const wasPinged =
    row === undefined || draft.nowMs - row.pingedAtMs <= 2 * draft.state.config.pingIntervalMs;
  if (!wasPinged) draft.put("agent-session", row.session, { ...row, heardAtMs: draft.nowMs });
  return wasPinged;
}

/** The operator's word that the agent and all that ran there will never come back. */
export function markGone(draft: Draft, agentId: AgentId): Rejection | undefined {
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return reject("not-found", `There is no agent ${agentId}.`);
  const session = draft.sessionOf(agentId);
  if (session !== undefined) draft.send(session, { type: "refused", reason: "The agent was marked gone." });
  leave(draft, agentId);
  draft.put("gone-agent", agentId, { agentId, markedAtMs: draft.nowMs });
  draft.delete("agent", agentId);
  announceOperations(draft, agentId, "gone-by-operator", false);
  for (const task of draft.tasksOfAgent(agentId)) endGone(draft, task, agent.info.name);
  return undefined;
}

/** Nobody will repeat what the agent had to say of its tasks, so the last word on each is said here. */
function endGone(draft: Draft, task: Task, agentName: string): void {
  const last = task.statuses.at(-1);
  if (last !== undefined && isTerminal(last.state)) {
    completeTask(draft, task);
    return tellStatus(draft, task.frameworkId, { ...last, updateId: undefined });
  }
  // An end may be known from a report before its own status came.
  endTask(draft, task, {
    state: hasEnded(task) ? task.state : "gone-by-operator",
    reason: "agent-removed-by-operator",
    message: `Agent ${agentName} was marked gone`,
  });
}

function leave(draft: Draft, agentId: AgentId): void {
  const session = draft.sessionOf(agentId);
  if (session !== undefined) {
    draft.delete("agent-session", session);
    draft.effect({ type: "close-agent", session });
  }
  draft.delete("agent-absence", agentId);
  forgetExecutorsOf(draft, agentId);
  for (const key of draft.state.indexes.filtersByAgent.get(agentId) ?? []) draft.delete("filter", key);
  rescindOffers(draft, draft.offersOfAgent(agentId));
  rescindInverse(draft, (offer) => offer.agentId === agentId);
  for (const frameworkId of draft.state.indexes.frameworkBySession.values())
    draft.tell(frameworkId, { type: "failure", agentId: agentId });
}
