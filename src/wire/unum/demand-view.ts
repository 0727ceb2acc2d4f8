/**
 * Why a framework or a role is not offered more, as our own API says it: counted, in words and in figures.
 */

import { formatTime } from "#base/time-text.ts";
import type { AgentCount, DemandExplanation, GateCount, NearMiss } from "#model/explanation.ts";
import type { Quantities } from "#model/quota.ts";
import { formatRefusal } from "#model/reason.ts";
import { fromMilli, type Milli, scalarNames } from "#model/resources.ts";

export type DemandSubject =
  | { readonly kind: "framework"; readonly id: string; readonly name: string }
  | { readonly kind: "role"; readonly name: string };

export type GateView = AgentCount & {
  readonly kind: string;
  readonly text: string;
};

export type DemandView = {
  readonly subject: DemandSubject;
  readonly roles: readonly string[];
  /** How many were looked at, of a role. */
  readonly frameworks: number;
  /** Whole units; null: nothing was asked for. */
  readonly need: Readonly<Record<string, number>> | null;
  /** One sentence or two: the answer. */
  readonly summary: string;
  readonly agents: number;
  readonly open: AgentCount;
  readonly gates: readonly GateView[];
  /** Agents at gates beyond those that are listed. */
  readonly others: number;
  readonly nearest: readonly {
    readonly resource: string;
    readonly atMost: number;
    readonly agents: number;
    readonly text: string;
  }[];
};

export function formatDemand(
  subject: DemandSubject,
  need: Quantities,
  explanation: DemandExplanation,
): DemandView {
  const { roles, frameworks, agents, open, gates, others, nearest } = explanation;
  return {
    subject,
    roles,
    frameworks,
    need: amountsOf(need),
    summary: summarise(subject, need, explanation),
    agents,
    open,
    gates: gates.map(formatGate),
    others,
    nearest: nearest.map(({ resource, atMost, agents: many }) => ({
      resource,
      atMost: fromMilli(atMost),
      agents: many,
      text: formatNearMiss({ resource, atMost, agents: many }),
    })),
  };
}

function amountsOf(need: Quantities): Readonly<Record<string, number>> | null {
  const amounts = scalarNames.flatMap((name) => {
    const amount = need[name];
    return amount === undefined ? [] : [[name, fromMilli(amount)] as const];
  });
  return amounts.length === 0 ? null : Object.fromEntries(amounts);
}

const formatGate = (gate: GateCount): GateView => ({
  kind: gate.refusal.kind,
  text: gateText(gate),
  agents: gate.agents,
  examples: gate.examples,
});

/** The least and the most of what differs from agent to agent. */
function gateText({ refusal, shortMost, untilMostMs, agents }: GateCount): string {
  const text = formatRefusal(refusal);
  if (refusal.kind === "scalar" && shortMost !== undefined && shortMost > refusal.short)
    return `${text} to ${Math.round(shortMost * 1000) / 1000}`;
  if (refusal.kind === "declined" && untilMostMs !== undefined && agents > 1)
    return `${text}; the last of them until ${formatTime(untilMostMs)}`;
  return text;
}

/** `would fit on 14 agents with mem ≤ 3584`. */
const formatNearMiss = ({ resource, atMost, agents }: NearMiss): string =>
  `would fit on ${countAgents(agents)} with ${resource} ≤ ${fromMilli(atMost)}`;

function summarise(
  subject: DemandSubject,
  need: Quantities,
  { agents, open, gates, nearest, frameworks }: DemandExplanation,
): string {
  const amounts = Object.entries(amountsOf(need) ?? {}).map(([name, amount]) => `${name} ${amount}`);
  const who = subject.kind === "role" ? `Role ${subject.name}` : `Framework ${subject.name}`;
  const what = amounts.length === 0 ? "is offered" : `could place a task of ${amounts.join(", ")} on`;
  const nobody = subject.kind === "role" && frameworks === 0 ? ", which no framework is in," : "";
  if (agents === 0) return `${who}${nobody} is offered nothing: there are no agents.`;
  const answer = `${who}${nobody} ${what} ${open.agents} of ${countAgents(agents)}.`;
  const [first] = gates;
  if (open.agents > 0 || first === undefined) return answer;
  const why = ` Most often: ${gateText(first)}.`;
  const [near] = nearest.toSorted((left, right) => closeness(need, right) - closeness(need, left));
  return `${answer}${why}${near === undefined ? "" : ` It ${formatNearMiss(near)}.`}`;
}

/** How much of the need would be left. */
const closeness = (need: Quantities, { resource, atMost }: NearMiss): number =>
  atMost / Math.max(1, need[resource] ?? (1 as Milli));

const countAgents = (agents: number): string => `${agents} ${agents === 1 ? "agent" : "agents"}`;
