/**
 * Places what an app or a pod is missing: spread over the agents that offer, in keeping with its constraints.
 *
 * The next instance goes where its groups (GROUP_BY) have the fewest, and among those to the agent that has the
 * fewest of its own.
 */

import { Heap } from "#base/heap.ts";
import type { Service } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import type { AppId } from "#model/ids.ts";
import { type Instance, instanceIdOf } from "#model/instance.ts";
import { isResident } from "#model/persistent-volume.ts";
import type { Refusal, RefusedBy } from "#model/reason.ts";
import { noResources } from "#model/resources.ts";
import { isInactive } from "./condition.ts";
import { type Desk, isFull } from "./desk.ts";
import type { Draft } from "./draft.ts";
import { launchInstance } from "./launches.ts";
import { type Circumstances, matchSpec } from "./match.ts";
import { roleOf } from "./need.ts";
import { Crowd } from "./placement.ts";
import type { Demand } from "./records.ts";
import { reportPlacement } from "./reports.ts";
import { berthsToMake, makeBerth, refusedForBerths, useBerths } from "./residents.ts";
import { type AppsState, definitionOf, isCurrent, serviceOf } from "./state.ts";

type Candidate = {
  readonly desk: Desk;
  readonly order: number;
  /** Of its groups, when it was last looked at. */
  readonly load: number;
  readonly instances: number;
};

const comesFirst = (a: Candidate, b: Candidate): boolean =>
  a.load !== b.load
    ? a.load < b.load
    : a.instances !== b.instances
      ? a.instances < b.instances
      : a.order < b.order;

export function placeService(draft: Draft, service: Service, demand: Demand, desks: readonly Desk[]): void {
  const role = roleOf(service.definition);
  const ours = desks.filter(({ offer }) => offer.role === role);
  let missing = demand.count;
  const refusedBy: RefusedBy[] = [];
  if (isResident(service.definition)) {
    missing = useBerths(draft, service, ours, missing);
    const toMake = Math.min(missing, berthsToMake(draft, service));
    const waiting = missing - toMake;
    refusedBy.push(...(waiting > 0 ? refusedForBerths(draft, service, ours) : []));
    missing = waiting + spread(draft, service, toMake, ours, refusedBy);
  } else missing = spread(draft, service, missing, ours, refusedBy);
  const value = missing === 0 ? undefined : { ...demand, count: missing };
  if (missing !== demand.count) draft.put({ kind: "apps-demand", id: demand.appId, value });
  reportPlacement(draft, demand, { offersSeen: ours.length, missing, refusedBy });
}

/** Tells how many found no place, and why not. */
function spread(
  draft: Draft,
  service: Service,
  wanted: number,
  ours: readonly Desk[],
  refusedBy: RefusedBy[],
): number {
  if (wanted === 0) return 0;
  const { id } = service.definition;
  const crowd = crowdOf(draft.state, service, draft.instancesOf(id), draft.berthsOf(id), draft.nowMs);
  const counts = countByAgent(draft, service);
  const candidates = new Heap<Candidate>(comesFirst);
  ours.forEach((desk, order) => {
    const instances = counts.get(desk.offer.agentId) ?? 0;
    candidates.push({ desk, order, instances, load: crowd.loadAt(desk.offer.agent) });
  });
  let waiting: { readonly candidate: Candidate; readonly refusals: readonly Refusal[] }[] = [];
  let missing = wanted;
  while (missing > 0 && !draft.isFull) {
    const candidate = candidates.pop();
    if (candidate === undefined) break;
    const { desk } = candidate;
    const { agent } = desk.offer;
    const load = crowd.loadAt(agent);
    if (load > candidate.load) {
      candidates.push({ ...candidate, load });
      continue;
    }
    if (isFull(desk)) continue;
    const refusals = tryToPlace(draft, service, desk, crowd);
    if (refusals.length > 0) {
      if (crowd.mayRelent && refusals.every(({ kind }) => kind === "placement"))
        waiting.push({ candidate, refusals });
      // What is left of an offer only shrinks: once refused, it is out for this app.
      else refusedBy.push({ agentName: agent.name, refusals, offer: desk.offer });
      continue;
    }
    missing -= 1;
    crowd.add(agent);
    candidates.push({ ...candidate, load: crowd.loadAt(agent), instances: candidate.instances + 1 });
    for (const { candidate: other } of waiting) candidates.push(other);
    waiting = [];
  }
  for (const { candidate, refusals } of waiting) {
    const { offer } = candidate.desk;
    refusedBy.push({ agentName: offer.agent.name, refusals, offer });
  }
  return missing;
}

/** Launches one instance there, if nothing is against it. */
function tryToPlace(draft: Draft, service: Service, desk: Desk, crowd: Crowd): readonly Refusal[] {
  const circumstances: Circumstances = {
    ...settingsOf(draft.state),
    taken: desk.taken,
    nowMs: draft.nowMs,
    crowd,
    below: (bound) => draft.chance.below(bound),
  };
  if (isResident(service.definition)) return makeBerth(draft, service, desk, circumstances);
  const match = matchSpec(service.definition, desk.offer, circumstances);
  if (match.kind === "refused") return match.refusals;
  launchInstance(draft, service, desk, match);
  return [];
}

const settingsOf = ({ config }: AppsState): Pick<Circumstances, "localRegion" | "sharesGpuAgents"> => ({
  localRegion: config.region,
  sharesGpuAgents: config.sharesGpuAgents,
});

/** In which one more instance would be placed now, of an offer of which nothing is taken; for who explains. */
export function circumstancesOf(state: AppsState, id: AppId, nowMs: number): Circumstances | undefined {
  const service = serviceOf(state, id);
  if (service === undefined) return undefined;
  const instances = [...(state.instancesByApp.get(id)?.values() ?? [])];
  const berths = [...(state.berthsByApp.get(id)?.values() ?? [])];
  return {
    ...settingsOf(state),
    taken: noResources,
    nowMs,
    crowd: crowdOf(state, service, instances, berths, nowMs),
    pinnedTo: pinnedTo(service, instances, berths),
  };
}

function pinnedTo(
  { definition }: Service,
  instances: readonly Instance[],
  berths: readonly Berth[],
): readonly string[] | undefined {
  const kept = berths.filter(({ releasing }) => releasing === undefined);
  if (!isResident(definition) || kept.length < definition.instances) return undefined;
  const used = new Set(instances.map(instanceIdOf));
  const free = kept.filter(({ berthId }) => !used.has(berthId));
  // With all of them in use, one more would be made anew.
  return free.length === 0 ? undefined : [...new Set(free.map(({ agentName }) => agentName))];
}

/**
 * Where those are that constraints count: of the configuration that is wanted, so that a new instance may take
 * the place of an old one, and not replaced already because their agent was away for too long. Of a resident app
 * it is the berths that count, whether or not anything runs there.
 */
function crowdOf(
  state: AppsState,
  service: Service,
  instances: readonly Instance[],
  berths: readonly Berth[],
  nowMs: number,
): Crowd {
  const { constraints = [], instances: wanted } = service.definition;
  if (constraints.length === 0) return new Crowd([], wanted);
  if (isResident(service.definition))
    return new Crowd(
      constraints,
      wanted,
      berths.filter(({ releasing }) => releasing === undefined),
    );
  const counted = instances.filter(
    (instance) => isCurrent(service, instance) && !isInactive(instance, definitionOf(state, instance), nowMs),
  );
  return new Crowd(constraints, wanted, counted);
}

function countByAgent(draft: Draft, service: Service): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const instance of draft.instancesOf(service.definition.id)) {
    if (instance.killing !== undefined || !isCurrent(service, instance)) continue;
    counts.set(instance.agentId, (counts.get(instance.agentId) ?? 0) + 1);
  }
  return counts;
}
