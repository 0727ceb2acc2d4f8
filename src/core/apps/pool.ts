/**
 * Taking amounts out of what is free: what is reserved for a role first, then what is nobody's.
 *
 * Disks of their own, volumes, what is shared, revocable or reserved by us for an app's volumes is left alone.
 */

import { addPorts, hasPort, type PortRanges, portSet } from "#model/port-ranges.ts";
import { reservationRole } from "#model/reservation.ts";
import { plainResource, type Resource, subtractLists } from "#model/resource.ts";
import { asMilli, rangesValue, scalarValue } from "#model/resource-value.ts";
import { fromList, noResources, type Resources, type ScalarName, scalarNames } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import type { Amounts } from "./need.ts";

/** Labels on the reservations that are made for an app's volumes: Marathon's. */
export const frameworkLabel = "marathon_framework_id";
export const reservationLabel = "marathon_task_id";

/** What is usable of something: in this order. */
export type Pool = { readonly reserved: readonly Resource[]; readonly plain: Resources };

export const usableBy = (free: Resources, roles: readonly string[]): Pool => ({
  reserved: free.others.filter((resource) => isUsable(resource) && roles.includes(reservationRole(resource))),
  plain: roles.includes(defaultRole) ? free : noResources,
});

const isUsable = ({ disk, reservations, sharedCount, revocable, providerId }: Resource): boolean =>
  reservations.length > 0 &&
  disk === undefined &&
  sharedCount === 0 &&
  !revocable &&
  providerId === undefined &&
  !reservations.some(({ labels }) =>
    labels.some(({ key }) => key === frameworkLabel || key === reservationLabel),
  );

export const scalarIn = ({ reserved, plain }: Pool, name: ScalarName): number =>
  reserved.reduce(
    (sum, resource) => sum + (resource.name === name ? amountOf(resource) : 0),
    Math.max(0, plain[name]),
  );

export const portsIn = ({ reserved, plain }: Pool): PortRanges =>
  reserved.reduce((all, resource) => addPorts(all, rangesOf(resource)), plain.ports);

/** What it holds is the caller's question. */
export function takeNeed(pool: Pool, amounts: Partial<Amounts>, ports: readonly number[]): Resources {
  const taken: Resource[] = [];
  for (const name of scalarNames) {
    let missing: number = amounts[name] ?? 0;
    for (const resource of pool.reserved) {
      const part = resource.name === name ? Math.min(missing, amountOf(resource)) : 0;
      if (part > 0) taken.push({ ...resource, value: scalarValue(asMilli(part)) });
      missing -= part;
    }
    if (missing > 0) taken.push(plainResource(name, scalarValue(asMilli(missing))));
  }
  let rest: readonly number[] = ports;
  for (const resource of pool.reserved) {
    const ranges = rangesOf(resource);
    const here = rest.filter((port) => hasPort(ranges, port));
    if (here.length > 0) taken.push({ ...resource, value: rangesValue(portSet(here)) });
    rest = rest.filter((port) => !here.includes(port));
  }
  if (rest.length > 0) taken.push(plainResource("ports", rangesValue(portSet(rest))));
  return fromList(taken);
}

export type Part = { readonly amounts: Partial<Amounts>; readonly ports: readonly number[] };

/** Shares out what was matched for a whole among its parts, in their order. */
export function splitResources(total: Resources, parts: readonly Part[]): readonly Resources[] {
  let reserved = total.others;
  return parts.map(({ amounts, ports }) => {
    const taken = takeNeed({ reserved, plain: total }, amounts, ports);
    reserved = subtractLists(reserved, taken.others);
    return taken;
  });
}

const amountOf = ({ value }: Resource): number => (value.kind === "scalar" ? value.amount : 0);
const rangesOf = ({ name, value }: Resource): PortRanges =>
  name === "ports" && value.kind === "ranges" ? value.ranges : [];
