/**
 * Why an app does or does not get its instances: the master's gates and the app's own wishes, agent by agent.
 *
 * Two looks at two states, a moment apart: good enough for an explanation, and never a basis for a decision.
 */

import { matchApp } from "#core/apps/match.ts";
import type { AgentExplanation } from "#core/master/explain.ts";
import type { AppDefinition } from "#model/app.ts";
import type { Refusal, RefusedBy } from "#model/reason.ts";
import { noResources, type Resources } from "#model/resources.ts";

export type AgentVerdict = {
  readonly agentId: string;
  readonly agentName: string;
  readonly free: Resources;
  /** Empty: one more instance would fit there now. */
  readonly refusals: readonly Refusal[];
};

export type AppExplanation = {
  readonly verdicts: readonly AgentVerdict[];
  readonly fits: number;
  readonly refusedBy: readonly RefusedBy[];
  /** Where the least is missing, if no agent fits. */
  readonly nearest: AgentVerdict | undefined;
};

export function explainApp(
  app: AppDefinition,
  agents: readonly AgentExplanation[],
  role: string,
): AppExplanation {
  const verdicts = agents.map((agent) => judge(app, agent, role));
  const refused = verdicts.filter(({ refusals }) => refusals.length > 0);
  const fits = verdicts.length - refused.length;
  return {
    verdicts,
    fits,
    refusedBy: refused.map(({ agentName, refusals }) => ({ agentName, refusals })),
    nearest:
      fits > 0 ? undefined : refused.toSorted((left, right) => distance(app, left) - distance(app, right))[0],
  };
}

/**
 * What lacks counts before what the master withholds: `suppressed` and `declined` are our own doing, the
 * consequence of an app that found no place, and would hide why it did not.
 */
function judge(app: AppDefinition, agent: AgentExplanation, role: string): AgentVerdict {
  const { agentId, agentName, free, gate, info, state } = agent;
  const verdict = (refusals: readonly Refusal[]): AgentVerdict => ({ agentId, agentName, free, refusals });
  if (state !== "active") return verdict([{ kind: "agent-state", state }]);
  if (gate?.kind === "agent-state") return verdict([gate]);
  const match = matchApp(app, { agent: info, resources: free, role }, noResources);
  if (match.kind === "refused") return verdict(match.refusals);
  return verdict(gate === undefined || passing.has(gate.kind) ? [] : [gate]);
}

/** What the next offers will change by themselves. */
const passing: ReadonlySet<Refusal["kind"]> = new Set(["suppressed", "declined", "fair-share", "scalar"]);

/** How far off: the missing parts of what the app asks, added up; what no waiting mends comes last. */
function distance(app: AppDefinition, { refusals }: AgentVerdict): number {
  return refusals.reduce((sum, refusal) => sum + distanceOf(app, refusal), 0);
}

function distanceOf(app: AppDefinition, refusal: Refusal): number {
  switch (refusal.kind) {
    case "scalar":
      return (refusal.short * 1000) / Math.max(1, app[refusal.resource]);
    case "ports-short":
      return (refusal.wanted - refusal.available) / Math.max(1, refusal.wanted);
    case "offered-elsewhere":
    case "declined":
    case "suppressed":
    case "fair-share":
    case "min-allocatable":
      return 0.5;
    case "headroom":
    case "quota-limit":
    case "recovering":
    case "reserved":
      return 5;
    case "port-taken":
      return 2;
    case "agent-state":
    case "framework-state":
      return 10;
    case "port-outside":
    case "role":
    case "capability":
    case "constraint":
      return 100;
    default:
      return refusal satisfies never;
  }
}
