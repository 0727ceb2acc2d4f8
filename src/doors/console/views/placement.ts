/**
 * Why instances of a service are not placed: counted reasons, the agent that comes nearest, and what would help.
 *
 * In a small cluster every agent is asked anew; in a large one, where that would hold the loop up, what agents'
 * offers were refused for of late is told, which is as true and covers those that offered.
 */

import { limits } from "#base/limits.ts";
import { roleOf } from "#core/apps/need.ts";
import { circumstancesOf } from "#core/apps/placing.ts";
import { explainAgents } from "#core/master/explain.ts";
import type { Service } from "#model/app.ts";
import { formatConstraint } from "#model/constraint.ts";
import { roleName } from "#model/ids.ts";
import { isPod, needsOf } from "#model/pod.ts";
import { formatRefusal, type Refusal, type RefusedBy } from "#model/reason.ts";
import { fromMilli } from "#model/resources.ts";
import type { PlacementFix, PlacementView } from "#wire/unum/console/services.ts";
import { distanceFrom, explainService } from "../../views/explain.ts";
import type { World } from "../desk/world.ts";

type Found = {
  readonly agents: number;
  readonly fits: number;
  readonly refusedBy: readonly RefusedBy[];
  readonly nearest: { readonly agentName: string; readonly refusals: readonly Refusal[] } | undefined;
};

/** null: nothing is missing. */
export function viewPlacement(world: World, service: Service): PlacementView | null {
  const { apps, nowMs } = world;
  const { id } = service.definition;
  const demand = apps.demands.get(id);
  if (demand === undefined) return null;
  const delayMs = Math.max(0, (apps.delays.get(id)?.untilMs ?? 0) - nowMs);
  const found = lookAt(world, service);
  const { agents, fits, nearest } = found;
  const nearestId = nearest === undefined ? undefined : agentIdOf(world, nearest.agentName);
  return {
    summary: summarise(found, demand.count, delayMs),
    missing: demand.count,
    sinceMs: demand.sinceMs,
    delayMs,
    agents,
    fits,
    reasons: reasonsOf(found.refusedBy),
    nearest:
      nearest === undefined
        ? null
        : { nodeId: nearestId ?? "", nodeName: nearest.agentName, text: phrase(nearest.refusals) },
    fixes: fits > 0 || delayMs > 0 ? [] : fixesOf(world, service, nearest?.refusals ?? []),
  };
}

function lookAt({ master, apps, nowMs }: World, service: Service): Found {
  const { definition } = service;
  const agents = master.tables.agent.size;
  const circumstances = circumstancesOf(apps, definition.id, nowMs);
  if (
    agents <= limits.consoleExplainedAgentsMax &&
    circumstances !== undefined &&
    apps.frameworkId !== undefined
  ) {
    const looked = explainAgents(master, apps.frameworkId, nowMs, roleName(roleOf(definition)));
    const { fits, refusedBy, nearest } = explainService(definition, looked, circumstances);
    return { agents, fits, refusedBy, nearest };
  }
  const refusedBy = apps.reports.get(definition.id)?.refusedBy ?? [];
  let nearest: RefusedBy | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const each of refusedBy) {
    const distance = distanceFrom(definition, each.refusals);
    if (distance < least) [nearest, least] = [each, distance];
  }
  return { agents, fits: 0, refusedBy, nearest };
}

const agentIdOf = ({ master }: World, name: string): string | undefined => {
  for (const { agentId, info } of master.tables.agent.values()) if (info.name === name) return agentId;
  return undefined;
};

const phrase = (refusals: readonly Refusal[]): string => refusals.map(formatRefusal).join(" and ");

function summarise({ agents, fits, nearest, refusedBy }: Found, missing: number, delayMs: number): string {
  const what = `${missing} ${missing === 1 ? "instance is" : "instances are"} missing`;
  if (agents === 0) return `${what}: there are no nodes.`;
  if (delayMs > 0) return `${what}: the next launch waits after failures.`;
  if (fits > 0) return `${what}: ${fits} of ${agents} nodes have room, and the next offer will be used.`;
  if (refusedBy.length === 0) return `${what}: no node has offered anything yet.`;
  const near = nearest === undefined ? "" : ` Nearest: ${nearest.agentName} (${phrase(nearest.refusals)}).`;
  return `${what}: no node can take another.${near}`;
}

function reasonsOf(refusedBy: readonly RefusedBy[]): PlacementView["reasons"] {
  const reasons = new Map<string, { text: string; agents: number; examples: string[] }>();
  for (const { agentName, refusals } of refusedBy) {
    // Of amounts what is common counts: each agent lacks another part.
    const kinds = refusals.map((refusal) =>
      refusal.kind === "scalar"
        ? `not enough ${refusal.resource}`
        : refusal.kind === "placement"
          ? `constraint ${refusal.constraint}`
          : formatRefusal(refusal),
    );
    const text = kinds.join(" and ");
    const reason = reasons.get(text) ?? { text, agents: 0, examples: [] };
    reasons.set(text, reason);
    reason.agents += 1;
    if (reason.examples.length < limits.explainedExamplesMax) reason.examples.push(agentName);
  }
  return [...reasons.values()]
    .sort((left, right) => right.agents - left.agents || (left.text < right.text ? -1 : 1))
    .slice(0, limits.explainedGatesMax);
}

/** What would let the nearest agent take one, and what would do without. */
function fixesOf(
  world: World,
  { definition }: Service,
  refusals: readonly Refusal[],
): readonly PlacementFix[] {
  const fixes: PlacementFix[] = [];
  for (const refusal of refusals) {
    if (refusal.kind === "scalar") {
      const asked = fromMilli(needsOf(definition)[refusal.resource]);
      const left = Math.floor((asked - refusal.short) * 1000) / 1000;
      if (left > 0)
        fixes.push({
          text: `Ask for ${refusal.resource} ${left} in place of ${asked}.`,
          patch: isPod(definition) ? null : { [refusal.resource]: left },
        });
    }
    if (refusal.kind === "placement" && !isPod(definition)) {
      const rest = (definition.constraints ?? []).filter(
        (each) => formatConstraint(each) !== refusal.constraint,
      );
      if (rest.length < (definition.constraints?.length ?? 0))
        fixes.push({
          text: `Do without the constraint ${refusal.constraint}.`,
          patch: {
            constraints: rest.map(({ field, operator, value }) =>
              value === undefined ? [field, operator] : [field, operator, value],
            ),
          },
        });
    }
    if (refusal.kind === "port-taken" && !isPod(definition))
      fixes.push({ text: "Let each node choose a free port.", patch: { requirePorts: false } });
  }
  const running = world.services.get(definition.id)?.running ?? 0;
  if (running > 0 && running < definition.instances)
    fixes.push({
      text: `Be content with the ${running} that ${running === 1 ? "runs" : "run"}.`,
      patch: isPod(definition) ? null : { instances: running },
    });
  fixes.push({ text: "Add a node, or end something else.", patch: null });
  return fixes;
}
