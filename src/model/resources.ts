/**
 * Amounts of what a server has: a plain part for the fast path, and a list of everything else.
 *
 * Plain is what is unreserved, not revocable and of no particular disk: four scalars in fixed point and a
 * set of ports. `others` holds what is reserved, persistent, shared, revocable or of another name, in normal
 * form. Scalars are integers in thousandths, so that sums are exact and comparable: 0.1 cpus thirty times is
 * 3 cpus. Nothing here ever holds a fraction; `milli` and `fromMilli` are the border.
 */

import {
  addPorts,
  coversPorts,
  formatPorts,
  noPorts,
  type PortRanges,
  subtractPorts,
} from "#model/port-ranges.ts";
import {
  addLists,
  coversList,
  equalLists,
  formatResource,
  isShared,
  noOthers,
  normalise,
  plainResource,
  type Resource,
  subtractLists,
} from "#model/resource.ts";
import { asMilli, fromMilli, type Milli, milli, rangesValue, scalarValue } from "#model/resource-value.ts";

export { fromMilli, type Milli, milli };

/** The scalars of the plain part, in the order of the allocator's columns. `mem` and `disk` count MiB. */
export const scalarNames = ["cpus", "mem", "disk", "gpus"] as const;
export type ScalarName = (typeof scalarNames)[number];

export type Resources = { readonly [Name in ScalarName]: Milli } & {
  readonly ports: PortRanges;
  /** Normal: in order of identity, added up where that is allowed. */
  readonly others: readonly Resource[];
};

export const noResources: Resources = {
  cpus: asMilli(0),
  mem: asMilli(0),
  disk: asMilli(0),
  gpus: asMilli(0),
  ports: noPorts,
  others: noOthers,
};

/** Resources from plain amounts in whole units, for example `resources({ cpus: 0.5, mem: 128 })`. */
export function resources(
  amounts: { readonly [Name in ScalarName]?: number } & {
    readonly ports?: PortRanges;
    readonly others?: readonly Resource[];
  },
): Resources {
  return {
    cpus: milli(amounts.cpus ?? 0),
    mem: milli(amounts.mem ?? 0),
    disk: milli(amounts.disk ?? 0),
    gpus: milli(amounts.gpus ?? 0),
    ports: amounts.ports ?? noPorts,
    others: amounts.others === undefined ? noOthers : normalise(amounts.others),
  };
}

/** Any list of resources; those that are plain find their place. Empty ones vanish. */
export function fromList(list: Iterable<Resource>): Resources {
  const scalars = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  let ports = noPorts;
  const others: Resource[] = [];
  for (const resource of list) {
    const { name, value } = resource;
    if (!isPlain(resource)) others.push(resource);
    else if (value.kind === "scalar") scalars[name as ScalarName] += value.amount;
    else if (value.kind === "ranges") ports = addPorts(ports, value.ranges);
  }
  return {
    cpus: asMilli(scalars.cpus),
    mem: asMilli(scalars.mem),
    disk: asMilli(scalars.disk),
    gpus: asMilli(scalars.gpus),
    ports,
    others: normalise(others),
  };
}

/** The whole as a list, the plain part first; nothing that is zero. */
export function toList(value: Resources): Resource[] {
  const list: Resource[] = scalarNames
    .filter((name) => value[name] !== 0)
    .map((name) => plainResource(name, scalarValue(value[name])));
  if (value.ports.length > 0) list.push(plainResource("ports", rangesValue(value.ports)));
  return [...list, ...value.others];
}

/** Whether it belongs to the plain part. */
export const isPlain = ({
  name,
  value,
  reservations,
  disk,
  sharedCount,
  revocable,
  providerId,
}: Resource): boolean =>
  reservations.length === 0 &&
  disk === undefined &&
  sharedCount === 0 &&
  !revocable &&
  providerId === undefined &&
  ((value.kind === "scalar" && (scalarNames as readonly string[]).includes(name)) ||
    (value.kind === "ranges" && name === "ports"));

export const addResources = (left: Resources, right: Resources): Resources => ({
  cpus: asMilli(left.cpus + right.cpus),
  mem: asMilli(left.mem + right.mem),
  disk: asMilli(left.disk + right.disk),
  gpus: asMilli(left.gpus + right.gpus),
  ports: addPorts(left.ports, right.ports),
  others: addLists(left.others, right.others),
});

/**
 * May go below zero in a plain scalar: callers that must not, check `coversResources` first. Of `others`,
 * what is not there is not taken.
 */
export const subtractResources = (left: Resources, right: Resources): Resources =>
  right === noResources
    ? left
    : {
        cpus: asMilli(left.cpus - right.cpus),
        mem: asMilli(left.mem - right.mem),
        disk: asMilli(left.disk - right.disk),
        gpus: asMilli(left.gpus - right.gpus),
        ports: subtractPorts(left.ports, right.ports),
        others: subtractLists(left.others, right.others),
      };

/** The same with nothing below zero. */
export const atLeastNothing = (value: Resources): Resources => ({
  ...value,
  cpus: asMilli(Math.max(0, value.cpus)),
  mem: asMilli(Math.max(0, value.mem)),
  disk: asMilli(Math.max(0, value.disk)),
  gpus: asMilli(Math.max(0, value.gpus)),
});

export const sumResources = (list: Iterable<Resources>): Resources => {
  let sum = noResources;
  for (const item of list) sum = addResources(sum, item);
  return sum;
};

export const coversResources = (left: Resources, right: Resources): boolean =>
  scalarNames.every((name) => left[name] >= right[name]) &&
  coversPorts(left.ports, right.ports) &&
  coversList(left.others, right.others);

export const isEmptyResources = (value: Resources): boolean =>
  scalarNames.every((name) => value[name] === 0) && value.ports.length === 0 && value.others.length === 0;

export const equalResources = (left: Resources, right: Resources): boolean =>
  scalarNames.every((name) => left[name] === right[name]) &&
  coversPorts(left.ports, right.ports) &&
  coversPorts(right.ports, left.ports) &&
  equalLists(left.others, right.others);

/** Those of `others` for which `keep` holds, with or without the plain part. */
export const pick = (value: Resources, plain: boolean, keep: (resource: Resource) => boolean): Resources => {
  const others = value.others.filter(keep);
  return plain ? { ...value, others } : { ...noResources, others };
};

/** The same without copies: what is shared is there once. */
export const onceShared = (list: readonly Resource[]): Resource[] =>
  list.map((resource) => (isShared(resource) ? { ...resource, sharedCount: 1 } : resource));

/** The same amounts as a container sees them: nothing reserved, volumes counted as disk. */
export const flatten = (value: Resources): Resources =>
  value.others.length === 0
    ? value
    : fromList(toList(value).map((resource) => plainResource(resource.name, resource.value)));

/** What is consumed by use: all but what is shared. */
export const withoutShared = (value: Resources): Resources =>
  value.others.some(isShared) ? pick(value, true, (resource) => !isShared(resource)) : value;

/** How much of each scalar there is, whoever it is reserved for; what is shared counts once. */
export function scalarTotals(value: Resources): ReadonlyMap<string, Milli> {
  const totals = new Map<string, Milli>();
  for (const name of scalarNames) if (value[name] !== 0) totals.set(name, value[name]);
  for (const { name, value: amount } of value.others)
    if (amount.kind === "scalar") totals.set(name, asMilli((totals.get(name) ?? 0) + amount.amount));
  return totals;
}

/** `cpus 0.5, mem 128, ports [31000-31001]`: only what is there. */
export function formatResources(value: Resources): string {
  const parts: string[] = scalarNames
    .filter((name) => value[name] !== 0)
    .map((name) => `${name} ${fromMilli(value[name])}`);
  if (value.ports.length > 0) parts.push(`ports ${formatPorts(value.ports)}`);
  for (const resource of value.others) parts.push(formatResource(resource));
  return parts.length > 0 ? parts.join(", ") : "nothing";
}
