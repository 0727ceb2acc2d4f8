/**
 * Why a framework or a role is not offered more, over all agents: at which gate of the chain each of them
 * stops, counted, and what a task that fits nowhere would have to ask less of.
 *
 * Pure, and for showing only. The answer is bounded whatever the cluster's size: gates are counted with a few
 * agents as examples.
 */

import { limits } from "#base/limits.ts";
import type { Client } from "#core/allocator/clients.ts";
import { clientOf, createGuest, createTrace, judge, type Trace, type Verdict } from "#core/allocator/gate.ts";
import type { Agent } from "#model/agent.ts";
import type { DemandExplanation, DemandQuestion } from "#model/explanation.ts";
import type { Quantities } from "#model/quota.ts";
import { isAllocatableTo } from "#model/reservation.ts";
import { type Resources, scalarNames, scalarTotals, sumResources } from "#model/resources.ts";
import { agentStateGate, pauseGate } from "./explain.ts";
import { bestOf, shortOf, Tally } from "./explain-tally.ts";
import type { MasterState } from "./state.ts";
import { agentUsage, offersOnAgent } from "./views.ts";

export function explainDemand(
  state: MasterState,
  question: DemandQuestion,
  nowMs: number,
): DemandExplanation {
  const clients = clientsFor(state, question);
  const [guest] = clients.filter(({ frameworkId }) => frameworkId === "");
  const trace = createTrace(state.allocator, nowMs, guest);
  const tally = new Tally();
  const pause = pauseGate(state);
  for (const agent of state.tables.agent.values()) {
    const gate = agentStateGate(state, agent) ?? pause;
    const verdict =
      gate === undefined
        ? bestOf(clients.map((client) => verdictOn(state, trace, client, agent, question.need)))
        : { refusal: gate, room: undefined };
    tally.count(agent.info.name, verdict);
  }
  return {
    roles: [...new Set(clients.map(({ role }) => role))],
    frameworks: new Set(clients.flatMap(({ frameworkId }) => (frameworkId === "" ? [] : [frameworkId]))).size,
    agents: state.tables.agent.size,
    ...tally.sum(),
    nearest: tally.nearMisses(question.need),
  };
}

/** In whose name the agents are looked at. */
function clientsFor({ tables, allocator }: MasterState, { frameworkId, role }: DemandQuestion): Client[] {
  if (frameworkId !== undefined) {
    const roles = tables.framework.get(frameworkId)?.info.roles ?? [];
    return roles
      .filter((each) => role === undefined || each === role)
      .slice(0, limits.explainedViewsMax)
      .map((each) => clientOf(allocator, frameworkId, each));
  }
  if (role === undefined) return [];
  const members = [...tables.framework.values()].filter(
    ({ state, info }) => state === "active" && info.roles.includes(role),
  );
  return members.length === 0
    ? [createGuest(role)]
    : members
        .slice(0, limits.explainedViewsMax)
        .map((framework) => clientOf(allocator, framework.frameworkId, role));
}

function verdictOn(
  state: MasterState,
  trace: Trace,
  client: Client,
  agent: Agent,
  need: Quantities,
): Verdict {
  const framework = state.tables.framework.get(client.frameworkId);
  if (framework !== undefined && framework.state !== "active")
    return { refusal: { kind: "framework-state", state: framework.state }, room: undefined };
  const offers = offersOnAgent(state, agent.agentId);
  const mine = offers.filter((each) => each.frameworkId === client.frameworkId && each.role === client.role);
  if (mine.length > 0) return enough(sumResources(mine.map(({ resources }) => resources)), need);
  const verdict = judge(trace, client, agent.agentId, need);
  const [other] = offers;
  if (other === undefined || verdict.refusal?.kind !== "scalar") return verdict;
  const { free } = agentUsage(state, agent);
  const others = free.others.filter((resource) => isAllocatableTo(resource, client.role));
  const whole = enough({ ...free, others }, need);
  if (whole.refusal !== undefined) return whole;
  const holder = state.tables.framework.get(other.frameworkId)?.info.name ?? other.frameworkId;
  return { refusal: { kind: "offered-elsewhere", framework: holder }, room: undefined };
}

function enough(resources: Resources, need: Quantities): Verdict {
  const totals = scalarTotals(resources);
  const room = scalarNames.map((name) => totals.get(name) ?? 0);
  return { refusal: shortOf(room, need), room };
}
