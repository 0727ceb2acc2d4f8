/**
 * Whether one instance of an app fits into an offer, and with which ports; if not, every reason why.
 *
 * Pure: the door that explains asks it the same question about agents that offered nothing.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { AppDefinition, AppPort } from "#model/app.ts";
import { countPorts, hasPort, type PortRanges, portSet, subtractPorts } from "#model/port-ranges.ts";
import type { Refusal } from "#model/reason.ts";
import { fromMilli, type Milli, type Resources, scalarNames, subtractResources } from "#model/resources.ts";

/** What of an offer counts for a match. */
export type Place = { readonly agent: AgentInfo; readonly resources: Resources; readonly role: string };

export type Match =
  /** `ports`: the host port of each of the app's ports, in order; `resources`: all that the task takes. */
  | { readonly kind: "match"; readonly ports: readonly number[]; readonly resources: Resources }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

/**
 * `taken` is what earlier launches have used of the offer. `below(n)` draws from 0 to n − 1 for the ports
 * that may be any; without it they are the lowest free ones.
 */
export function matchApp(
  app: AppDefinition,
  place: Place,
  taken: Resources,
  below: (bound: number) => number = () => 0,
): Match {
  const free = subtractResources(place.resources, taken);
  const refusals: Refusal[] = [];
  if (!app.acceptedResourceRoles.includes(place.role)) refusals.push({ kind: "role", role: place.role });
  for (const name of scalarNames) {
    const short = app[name] - free[name];
    if (short > 0) refusals.push({ kind: "scalar", resource: name, short: fromMilli(short as Milli) });
  }
  const ports = choosePorts(app, place.agent.resources.ports, free.ports, below, refusals);
  if (refusals.length > 0) return { kind: "refused", refusals };
  const { cpus, mem, disk, gpus } = app;
  return { kind: "match", ports, resources: { cpus, mem, disk, gpus, ports: portSet(ports), others: [] } };
}

/** A fixed host port is the app's own; any other is drawn from what is free. */
export const isFixedPort = (app: AppDefinition, port: AppPort): boolean =>
  port.hostPort !== 0 && (port.fixed || app.requirePorts);

function choosePorts(
  app: AppDefinition,
  total: PortRanges,
  offered: PortRanges,
  below: (bound: number) => number,
  refusals: Refusal[],
): readonly number[] {
  const fixed = app.ports.filter((port) => isFixedPort(app, port)).map((port) => port.hostPort);
  for (const port of fixed) {
    if (hasPort(offered, port)) continue;
    refusals.push({ kind: hasPort(total, port) ? "port-taken" : "port-outside", port });
  }
  let free = subtractPorts(offered, portSet(fixed));
  const wanted = app.ports.length - fixed.length;
  const available = countPorts(free);
  if (available < wanted) refusals.push({ kind: "ports-short", wanted, available });
  if (refusals.length > 0) return [];
  return app.ports.map((port) => {
    if (isFixedPort(app, port)) return port.hostPort;
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
