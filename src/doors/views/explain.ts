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
  /** If no agent fits: where the least room is missing, else one that has room and is kept away by a rule. */
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
    nearest: fits > 0 ? undefined : nearestOf(spec, refused),
  };
}

/**
 * What lacks counts before what the master withholds: `suppressed` and `declined` are our own doing, the
 * consequence of an app that found no place, and would hide why it did not.
 */
function judge(spec: RunSpec, agent: AgentExplanation, circumstances: Circumstances): AgentVerdict {
  const { agentId, agentName, free, gate, info, state } = agent;
  const verdict = (refusals: readonly Refusal[]): AgentVerdict => ({ agentId, agentName, free, refusals });
  if (gate?.kind === "agent-state") return verdict([gate]);
  if (state !== "active") return verdict([{ kind: "agent-state", state }]);
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

/** What the definition or an operator wants, however much room there is. */
const rules: ReadonlySet<Refusal["kind"]> = new Set([
  "capability",
  "constraint",
  "placement",
  "port-outside",
  "region",
  "role",
  "scarce",
  "volumes-elsewhere",
]);

/** Whether room is there, and only rules keep an instance away. */
export const isKeptByRules = (refusals: readonly Refusal[]): boolean =>
  refusals.every(({ kind }) => rules.has(kind));

/** Where one thing lacks room and another is against it besides, nothing is near. */
export function nearestOf<Each extends { readonly refusals: readonly Refusal[] }>(
  spec: RunSpec,
  refused: readonly Each[],
): Each | undefined {
  const lackRoom = refused.filter(({ refusals }) => refusals.every(({ kind }) => isAboutRoom(kind)));
  const found = lackRoom.length > 0 ? lackRoom : refused.filter(({ refusals }) => isKeptByRules(refusals));
  const distances = new Map(found.map((each) => [each, distanceFrom(spec, each.refusals)]));
  return found.toSorted((left, right) => (distances.get(left) ?? 0) - (distances.get(right) ?? 0))[0];
}

const isAboutRoom = (kind: Refusal["kind"]): boolean =>
  !rules.has(kind) && kind !== "agent-state" && kind !== "framework-state";

/** How far off: the missing parts of what is asked, added up; what no waiting mends comes last. */
export const distanceFrom = (spec: RunSpec, refusals: readonly Refusal[]): number =>
  refusals.reduce((sum, refusal) => sum + distanceOf(spec, refusal), 0);

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
