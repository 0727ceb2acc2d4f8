/**
 * Agents that an operator takes out of use: deactivated (nothing is offered there), or drained (its tasks,
 * and then their executors, are ended too), and back again.
 *
 * Both marks are durable and outlive restarts of master and agent. A drained agent may be marked gone by
 * itself once nothing is left on it.
 */

import type { Agent } from "#model/agent.ts";
import type { AgentId } from "#model/ids.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { markGone } from "./agent-loss.ts";
import type { Draft } from "./draft.ts";
import { isIdle, requestShutdown } from "./executors.ts";
import { requestKill } from "./kill.ts";
import { rescindInverse } from "./maintenance.ts";
import { rescindOffers } from "./offers.ts";
import { hasEnded } from "./status.ts";

export function deactivateAgent(draft: Draft, agentId: AgentId): Rejection | undefined {
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return unknownAgent(agentId);
  draft.put("agent", agentId, { ...agent, deactivated: true });
  rescindOffers(draft, draft.offersOfAgent(agentId));
  return undefined;
}

export function reactivateAgent(draft: Draft, agentId: AgentId): Rejection | undefined {
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return unknownAgent(agentId);
  if (agent.drain?.state === "draining")
    return reject("conflict", `Agent ${agentId} is still draining; wait until it is drained.`);
  draft.put("agent", agentId, { ...agent, deactivated: false, drain: undefined });
  return undefined;
}

export function drainAgent(
  draft: Draft,
  order: {
    readonly agentId: AgentId;
    readonly maxGraceMs: number | undefined;
    readonly markGone: boolean;
  },
): Rejection | undefined {
  const { agentId, maxGraceMs, markGone: marksGone } = order;
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return unknownAgent(agentId);
  if (maxGraceMs !== undefined && !(maxGraceMs >= 0))
    return reject("invalid", "The longest grace of a drain cannot be negative.");
  if (agent.drain !== undefined)
    return reject("conflict", `Agent ${agentId} is ${agent.drain.state} already; reactivate it first.`);
  const drained: Agent = {
    ...agent,
    deactivated: true,
    drain: { sinceMs: draft.nowMs, maxGraceMs, markGone: marksGone, state: "draining" },
  };
  draft.put("agent", agentId, drained);
  rescindOffers(draft, draft.offersOfAgent(agentId));
  rescindInverse(draft, (offer) => offer.agentId === agentId);
  killForDrain(draft, agentId);
  settleDrain(draft, agentId);
  return undefined;
}

/** Also for an agent that comes back with tasks while it drains. */
export function killForDrain(draft: Draft, agentId: AgentId): void {
  const drain = draft.get("agent", agentId)?.drain;
  if (drain === undefined) return;
  for (const task of draft.tasksOfAgent(agentId)) {
    if (hasEnded(task) || task.state === "unreachable") continue;
    const graceMs =
      drain.maxGraceMs === undefined ? undefined : Math.min(drain.maxGraceMs, task.spec.killGraceMs);
    requestKill(draft, task, graceMs);
  }
}

/** After every decision: agents whose last task or executor went with it are drained. */
export function settleDrains(draft: Draft): void {
  const { executor: executors, task: tasks } = draft.state.tables;
  const agents = new Set<AgentId>();
  for (const [key, after] of draft.changed("task")) {
    const before = tasks.get(key);
    if (before !== undefined && (after === undefined || hasEnded(after))) agents.add(before.spec.agentId);
  }
  for (const [key, after] of draft.changed("executor")) {
    const before = executors.get(key);
    if (before !== undefined && after === undefined) agents.add(before.agentId);
  }
  for (const agentId of agents) settleDrain(draft, agentId);
}

export function settleDrain(draft: Draft, agentId: AgentId): void {
  const agent = draft.get("agent", agentId);
  // Of an agent that is away nobody knows what runs there.
  if (agent?.drain?.state !== "draining" || agent.state !== "active") return;
  const executors = draft.executorsOfAgent(agentId);
  // Its tasks have their grace; nobody is left to end an executor without any.
  for (const executor of executors) if (isIdle(draft, executor)) requestShutdown(draft, executor);
  if (executors.length > 0 || draft.tasksOfAgent(agentId).length > 0) return;
  draft.put("agent", agentId, { ...agent, drain: { ...agent.drain, state: "drained" } });
  if (agent.drain.markGone) markGone(draft, agentId);
}

const unknownAgent = (agentId: AgentId): Rejection => reject("not-found", `There is no agent ${agentId}.`);
