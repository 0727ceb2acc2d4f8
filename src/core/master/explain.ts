/**
 * Why not: for a framework and every agent, the first gate between the agent's resources and an offer.
 *
 * Pure, and for showing only. Whether what is free there would do for a given task is the asker's own
 * question; `free` is there for it.
 */

import { createTrace, firstClosedGate, type Trace } from "#core/allocator/gate.ts";
import type { Agent, AgentInfo, AgentState } from "#model/agent.ts";
import { type AgentId, type FrameworkId, type RoleName, roleName } from "#model/ids.ts";
import { isOnMachine } from "#model/maintenance.ts";
import type { Refusal } from "#model/reason.ts";
import type { Resources } from "#model/resources.ts";
import { singleRow } from "./records.ts";
import type { MasterState } from "./state.ts";
import { pausedUntilMs } from "./tick.ts";
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

/** One for each agent. Of several roles of the framework, or in that which is given, one that is let through is enough. */
export function explainAgents(
  state: MasterState,
  frameworkId: FrameworkId,
  nowMs: number,
  role?: RoleName,
): AgentExplanation[] {
  const framework = state.tables.framework.get(frameworkId);
  const roles = role === undefined ? (framework?.info.roles ?? [roleName("*")]) : [role];
  const trace = createTrace(state.allocator, nowMs);
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
      gate: gateOf(state, trace, frameworkId, roles, agent),
    };
  });
}

/** What closes the agent to everybody. */
export function agentStateGate({ tables }: MasterState, agent: Agent): Refusal | undefined {
  if (agent.state !== "active") return { kind: "agent-state", state: awayAs(tables, agent) };
  if (agent.drain !== undefined) return { kind: "agent-state", state: agent.drain.state };
  if (agent.deactivated) return { kind: "agent-state", state: "deactivated" };
  for (const machine of tables["down-machine"].values())
    if (isOnMachine(agent.info, machine)) return { kind: "agent-state", state: "down for maintenance" };
  return undefined;
}

/** Why its tasks are not given up although it is away. */
const awayAs = (tables: MasterState["tables"], { state }: Agent): string =>
  state === "disconnected" && tables["agent-losses"].get(singleRow)?.hold !== undefined
    ? "disconnected, and not given up: too many are (unum node losses)"
    : state;

/** What closes all agents to everybody, for a while. */
export function pauseGate(state: MasterState): Refusal | undefined {
  const untilMs = pausedUntilMs(state);
  return untilMs === undefined ? undefined : { kind: "recovering", untilMs };
}

function gateOf(
  state: MasterState,
  trace: Trace,
  frameworkId: FrameworkId,
  roles: readonly RoleName[],
  agent: Agent,
): Refusal | undefined {
  const stateGate = agentStateGate(state, agent);
  if (stateGate !== undefined) return stateGate;
  const offers = offersOnAgent(state, agent.agentId);
  if (offers.some((offer) => offer.frameworkId === frameworkId)) return undefined;
  const pause = pauseGate(state);
  if (pause !== undefined) return pause;
  let first: Refusal | undefined;
  for (const role of roles) {
    const gate = firstClosedGate(trace, frameworkId, role, agent.agentId);
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
