/**
 * Why not: for a framework and every agent, the first gate between the agent's resources and an offer.
 *
 * Pure, and for showing only. Whether what is free there would do for a given task is the asker's own
 * question; `free` is there for it.
 */

import { firstClosedGate } from "#core/allocator/gate.ts";
import type { Agent, AgentInfo, AgentState } from "#model/agent.ts";
import { type AgentId, type FrameworkId, type RoleName, roleName } from "#model/ids.ts";
import type { Refusal } from "#model/reason.ts";
import type { Resources } from "#model/resources.ts";
import type { MasterState } from "./state.ts";
import { agentUsage, offersOnAgent } from "./views.ts";

export type AgentExplanation = {
  readonly agentId: AgentId;
  readonly agentName: string;
  readonly info: AgentInfo;
  readonly state: AgentState;
  readonly total: Resources;
  readonly used: Resources;
  /** total − used, whether or not some of it is on offer to somebody. */
  readonly free: Resources;
  /** Undefined: the agent is offered to the framework, or will be with the next cycle. */
  readonly gate: Refusal | undefined;
};

/** One for each agent. Of several roles of the framework, one that is let through is enough. */
export function explainAgents(
  state: MasterState,
  frameworkId: FrameworkId,
  nowMs: number,
): AgentExplanation[] {
  const framework = state.tables.framework.get(frameworkId);
  const roles = framework?.info.roles ?? [roleName("*")];
  return [...state.tables.agent.values()].map((agent) => {
    const { total, used, free } = agentUsage(state, agent);
    return {
      agentId: agent.agentId,
      agentName: agent.info.name,
      info: agent.info,
      state: agent.state,
      total,
      used,
      free,
      gate: gateOf(state, frameworkId, roles, agent, nowMs),
    };
  });
}

function gateOf(
  state: MasterState,
  frameworkId: FrameworkId,
  roles: readonly RoleName[],
  agent: Agent,
  nowMs: number,
): Refusal | undefined {
  if (agent.state !== "active") return { kind: "agent-state", state: agent.state };
  const offers = offersOnAgent(state, agent.agentId);
  if (offers.some((offer) => offer.frameworkId === frameworkId)) return undefined;
  let first: Refusal | undefined;
  for (const role of roles) {
    const gate = firstClosedGate(state.allocator, frameworkId, role, agent.agentId, nowMs);
    if (gate === undefined) return undefined;
    first ??= gate;
  }
  const [elsewhere] = offers;
  if (first?.kind === "scalar" && elsewhere !== undefined) {
    const holder = state.tables.framework.get(elsewhere.frameworkId);
    return { kind: "offered-elsewhere", framework: holder?.info.name ?? elsewhere.frameworkId };
  }
  return first;
}
