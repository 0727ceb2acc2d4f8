/**
 * Amounts of what a server has: four scalars in fixed point, and a set of ports.
 *
 * Scalars are integers in thousandths (of a cpu, a MiB, a gpu), so that sums are exact and comparable:
 * 0.1 cpus thirty times is 3 cpus. Nothing here ever holds a fraction; `milli` and `fromMilli` are the border.
 */

import type { Brand } from "#base/brand.ts";
import {
  addPorts,
  coversPorts,
  formatPorts,
  noPorts,
  type PortRanges,
  subtractPorts,
} from "#model/port-ranges.ts";

/** Thousandths, an integer. */
export type Milli = Brand<number, "Milli">;

export const milli = (value: number): Milli => Math.round(value * 1000) as Milli;
export const fromMilli = (value: Milli): number => value / 1000;
const asMilli = (value: number): Milli => value as Milli;

/** The scalars, in the order of the allocator's columns. `mem` and `disk` count MiB. */
export const scalarNames = ["cpus", "mem", "disk", "gpus"] as const;
export type ScalarName = (typeof scalarNames)[number];

export type Resources = { readonly [Name in ScalarName]: Milli } & { readonly ports: PortRanges };

export const noResources: Resources = {
  cpus: asMilli(0),
  mem: asMilli(0),
  disk: asMilli(0),
  gpus: asMilli(0),
  ports: noPorts,
};

/** Resources from plain amounts in whole units, for example `resources({ cpus: 0.5, mem: 128 })`. */
export function resources(
  amounts: { readonly [Name in ScalarName]?: number } & { readonly ports?: PortRanges },
): Resources {
  return {
    cpus: milli(amounts.cpus ?? 0),
    mem: milli(amounts.mem ?? 0),
    disk: milli(amounts.disk ?? 0),
    gpus: milli(amounts.gpus ?? 0),
    ports: amounts.ports ?? noPorts,
  };
}

export const addResources = (left: Resources, right: Resources): Resources => ({
  cpus: asMilli(left.cpus + right.cpus),
  mem: asMilli(left.mem + right.mem),
  disk: asMilli(left.disk + right.disk),
  gpus: asMilli(left.gpus + right.gpus),
  ports: addPorts(left.ports, right.ports),
});

/** May go below zero in a scalar: callers that must not, check `coversResources` first. */
export const subtractResources = (left: Resources, right: Resources): Resources => ({
  cpus: asMilli(left.cpus - right.cpus),
  mem: asMilli(left.mem - right.mem),
  disk: asMilli(left.disk - right.disk),
  gpus: asMilli(left.gpus - right.gpus),
  ports: subtractPorts(left.ports, right.ports),
});

export const sumResources = (list: Iterable<Resources>): Resources => {
  let sum = noResources;
  for (const item of list) sum = addResources(sum, item);
  return sum;
};

export const coversResources = (left: Resources, right: Resources): boolean =>
  scalarNames.every((name) => left[name] >= right[name]) && coversPorts(left.ports, right.ports);

export const isEmptyResources = (value: Resources): boolean =>
  scalarNames.every((name) => value[name] === 0) && value.ports.length === 0;

export const equalResources = (left: Resources, right: Resources): boolean =>
  scalarNames.every((name) => left[name] === right[name]) &&
  coversPorts(left.ports, right.ports) &&
  coversPorts(right.ports, left.ports);

/** `cpus 0.5, mem 128, ports [31000-31001]`: only what is there. */
export function formatResources(value: Resources): string {
  const parts: string[] = scalarNames
    .filter((name) => value[name] !== 0)
    .map((name) => `${name} ${fromMilli(value[name])}`);
  if (value.ports.length > 0) parts.push(`ports ${formatPorts(value.ports)}`);
  return parts.length > 0 ? parts.join(", ") : "nothing";
}
