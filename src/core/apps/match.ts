/**
 * Whether one instance of an app or a pod fits into an offer, and with which ports; if not, every reason why.
 *
 * Pure: the door that explains asks it the same question about agents that offered nothing.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { Unavailability } from "#model/maintenance.ts";
import type { RunSpec } from "#model/pod.ts";
import { countPorts, hasPort, type PortRanges, portSet, subtractPorts } from "#model/port-ranges.ts";
import type { Refusal } from "#model/reason.ts";
import {
  flatten,
  fromMilli,
  type Milli,
  type Resources,
  scalarNames,
  subtractResources,
} from "#model/resources.ts";
import { isFixedPort, type Need, needOf } from "./need.ts";
import type { Crowd } from "./placement.ts";
import { portsIn, scalarIn, takeNeed, usableBy } from "./pool.ts";

/** What of an offer counts for a match. */
export type Place = {
  readonly agent: AgentInfo;
  readonly resources: Resources;
  readonly role: string;
  readonly unavailability?: Unavailability | undefined;
};

export type Match =
  /** `ports`: the host port of each of the ports, in order; `resources`: all that the instance takes. */
  | { readonly kind: "match"; readonly ports: readonly number[]; readonly resources: Resources }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

export type Circumstances = {
  /** What earlier launches have used of the offer. */
  readonly taken: Resources;
  readonly nowMs: number;
  /** Where the other instances are. */
  readonly crowd: Crowd;
  /** The master's; undefined: no regions are known. */
  readonly localRegion?: string | undefined;
  /** Apps that need no GPUs may use agents that have some. */
  readonly sharesGpuAgents?: boolean | undefined;
  /** Of an app with volumes whose instances all have their places: the agents with a place that is free. */
  readonly pinnedTo?: readonly string[] | undefined;
  /** Draws from 0 to n − 1 for the ports that may be any; without it they are the lowest free ones. */
  readonly below?: ((bound: number) => number) | undefined;
};

export function matchSpec(spec: RunSpec, place: Place, circumstances: Circumstances): Match {
  const { taken, crowd, below = () => 0 } = circumstances;
  const need = needOf(spec);
  const refusals: Refusal[] = [];
  if (need.role !== place.role) refusals.push({ kind: "role", role: place.role });
  refusals.push(...crowd.refusalsAt(place.agent));
  refusals.push(...refusalsOfAgent(spec, need, place, circumstances));
  const pool = usableBy(subtractResources(place.resources, taken), need.acceptedRoles);
  for (const name of scalarNames) {
    const short = need.amounts[name] - scalarIn(pool, name);
    if (short > 0) refusals.push({ kind: "scalar", resource: name, short: fromMilli(short as Milli) });
  }
  const ports = choosePorts(need, place, portsIn(pool), below, refusals);
  if (refusals.length > 0) return { kind: "refused", refusals };
  return { kind: "match", ports, resources: takeNeed(pool, need.amounts, ports) };
}

/** What the agent as a whole is, and the app should not use. */
export function refusalsOfAgent(
  spec: RunSpec,
  need: Need,
  { agent, resources, unavailability }: Place,
  { nowMs, crowd, localRegion, sharesGpuAgents = false, pinnedTo }: Omit<Circumstances, "taken">,
): readonly Refusal[] {
  const refusals: Refusal[] = [];
  if (unavailability !== undefined && isNow(unavailability, nowMs))
    refusals.push({ kind: "agent-state", state: "is under maintenance" });
  if (pinnedTo !== undefined && !pinnedTo.includes(agent.name))
    refusals.push({ kind: "volumes-elsewhere", agentNames: pinnedTo });
  const region = agent.domain?.region;
  if (region !== undefined && region !== localRegion && !crowd.isAboutDomains)
    refusals.push({ kind: "region", region, local: localRegion });
  const behavior = spec.labels.GPU_SCHEDULING_BEHAVIOR;
  const mayShare = behavior === "unrestricted" || (sharesGpuAgents && behavior !== "restricted");
  if (need.amounts.gpus === 0 && !mayShare && flatten(resources).gpus > 0)
    refusals.push({ kind: "scarce", resource: "gpus" });
  return refusals;
}

const isNow = ({ startMs, durationMs }: Unavailability, nowMs: number): boolean =>
  nowMs >= startMs && (durationMs === undefined || nowMs < startMs + durationMs);

function choosePorts(
  need: Need,
  place: Place,
  offered: PortRanges,
  below: (bound: number) => number,
  refusals: Refusal[],
): readonly number[] {
  if (need.ports.length === 0) return [];
  const fixed = need.ports.filter((port) => isFixedPort(need, port)).map((port) => port.hostPort);
  for (const port of fixed) {
    if (hasPort(offered, port)) continue;
    const total = flatten(place.agent.resources).ports;
    refusals.push({ kind: hasPort(total, port) ? "port-taken" : "port-outside", port });
  }
  let free = subtractPorts(offered, portSet(fixed));
  const wanted = need.ports.length - fixed.length;
  const available = countPorts(free);
  if (available < wanted) refusals.push({ kind: "ports-short", wanted, available });
  if (refusals.length > 0) return [];
  return need.ports.map((port) => {
    if (isFixedPort(need, port)) return port.hostPort;
    const drawn = portAt(free, below(countPorts(free)));
    free = subtractPorts(free, [[drawn, drawn]]);
    return drawn;
  });
}

/** The port with this number in the order of the ranges, counted from 0. */
function portAt(ranges: PortRanges, index: number): number {
  let rest = index;
  for (const [first, last] of ranges) {
    const length = last - first + 1;
    if (rest < length) return first + rest;
    rest -= length;
  }
  return 0;
}
