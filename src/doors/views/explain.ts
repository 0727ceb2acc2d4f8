/**
 * Why an app or a pod does or does not get its instances: the master's gates and its own wishes, agent by agent.
 *
 * Two looks at two states, a moment apart: good enough for an explanation, and never a basis for a decision.
 */

import { matchBerth } from "#core/apps/berth-match.ts";
import { type Circumstances, matchSpec } from "#core/apps/match.ts";
import { roleOf } from "#core/apps/need.ts";
import type { AgentExplanation } from "#core/master/explain.ts";
import { isResident } from "#model/persistent-volume.ts";
import { needsOf, type RunSpec } from "#model/pod.ts";
import type { Refusal, RefusedBy } from "#model/reason.ts";
import type { Resources } from "#model/resources.ts";

export type AgentVerdict = {
  readonly agentId: string;
  readonly agentName: string;
  readonly free: Resources;
  /** Empty: one more instance would fit there now. */
  readonly refusals: readonly Refusal[];
};

export type ServiceExplanation = {
  readonly verdicts: readonly AgentVerdict[];
  readonly fits: number;
  readonly refusedBy: readonly RefusedBy[];
  /** Where the least is missing, if no agent fits. */
  readonly nearest: AgentVerdict | undefined;
};

export function explainService(
  spec: RunSpec,
  agents: readonly AgentExplanation[],
  circumstances: Circumstances,
): ServiceExplanation {
  const verdicts = agents.map((agent) => judge(spec, agent, circumstances));
  const refused = verdicts.filter(({ refusals }) => refusals.length > 0);
  const fits = verdicts.length - refused.length;
  return {
    verdicts,
    fits,
    refusedBy: refused.map(({ agentName, refusals }) => ({ agentName, refusals })),
    nearest:
      fits > 0
        ? undefined
        : refused.toSorted((left, right) => distance(spec, left) - distance(spec, right))[0],
  };
}

/**
 * What lacks counts before what the master withholds: `suppressed` and `declined` are our own doing, the
 * consequence of an app that found no place, and would hide why it did not.
 */
function judge(spec: RunSpec, agent: AgentExplanation, circumstances: Circumstances): AgentVerdict {
  const { agentId, agentName, free, gate, info, state } = agent;
  const verdict = (refusals: readonly Refusal[]): AgentVerdict => ({ agentId, agentName, free, refusals });
  if (state !== "active") return verdict([{ kind: "agent-state", state }]);
  if (gate?.kind === "agent-state") return verdict([gate]);
  const withheld = verdict(gate === undefined || passing.has(gate.kind) ? [] : [gate]);
  if (circumstances.pinnedTo?.includes(info.name)) return withheld;
  const match = (isResident(spec) ? matchBerth : matchSpec)(
    spec,
    { agent: info, resources: free, role: roleOf(spec) },
    circumstances,
  );
  if (match.kind === "refused") return verdict(match.refusals);
  return withheld;
}

/** What the next offers will change by themselves. */
export const passing: ReadonlySet<Refusal["kind"]> = new Set([
  "suppressed",
  "declined",
  "fair-share",
  "scalar",
]);

/** How far off: the missing parts of what is asked, added up; what no waiting mends comes last. */
function distance(spec: RunSpec, { refusals }: AgentVerdict): number {
  return refusals.reduce((sum, refusal) => sum + distanceOf(spec, refusal), 0);
}

function distanceOf(spec: RunSpec, refusal: Refusal): number {
  switch (refusal.kind) {
    case "scalar":
      return (refusal.short * 1000) / Math.max(1, needsOf(spec)[refusal.resource]);
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
    case "placement":
    case "region":
    case "scarce":
    case "volume":
    case "volumes-elsewhere":
      return 100;
    default:
      return refusal satisfies never;
  }
}
