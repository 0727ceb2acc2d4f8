/**
 * What a client would be given of an agent: through every gate, in order, to a grant or to the gate that
 * says no.
 *
 * The cycle and the explanations both come through here, so that what is explained is what is done. The
 * view is written over for every client and agent; nothing is allocated but for lists of reserved resources.
 */

import type { FrameworkCapability } from "#model/framework.ts";
import { coversPorts, noPorts, type PortRanges } from "#model/port-ranges.ts";
import { isAllocatableTo } from "#model/reservation.ts";
import { coversList, noOthers, type Resource } from "#model/resource.ts";
import type { Milli, Resources } from "#model/resources.ts";
import { addOthers, freeScalar, scalarCount, scalarOf } from "./agent-columns.ts";
import type { Allocator } from "./allocator.ts";
import type { Client, Refused } from "./clients.ts";
import { columnsOf, missingFor } from "./profile.ts";
import { grantByGuarantee, grantByShare, type HeldBack, type QuotaBook } from "./quota-book.ts";

export type Gate =
  | "served"
  | "not-owed"
  | "gpus"
  | "region"
  | "constraint"
  | "reserved"
  | "minimum"
  | "quota"
  | "declined";

export type View = {
  readonly allocator: Allocator;
  readonly nowMs: number;
  readonly book: QuotaBook | undefined;
  readonly minima: readonly Float64Array[];
  /** `guarantees`: only what roles are owed; `shares`: by fair share. */
  pass: "guarantees" | "shares";
  slot: number;
  /** What is left of the agent. */
  readonly free: Float64Array;
  ports: PortRanges;
  others: readonly Resource[];
  /** Clients that had their turn in this pass. */
  readonly served: Client[];
  /** Of the client that was looked at last. */
  readonly grant: Float64Array;
  grantPorts: PortRanges;
  grantOthers: readonly Resource[];
  /** The grant's scalars, plain or not. */
  readonly amount: Float64Array;
  held: HeldBack | undefined;
  /** Any client so far was given less for a quota's sake. */
  heldBack: boolean;
};

export const createView = (allocator: Allocator, nowMs: number, book: QuotaBook | undefined): View => ({
  allocator,
  nowMs,
  book,
  minima: minimaOf(allocator),
  pass: "shares",
  slot: 0,
  free: new Float64Array(scalarCount),
  ports: noPorts,
  others: noOthers,
  served: [],
  grant: new Float64Array(scalarCount),
  grantPorts: noPorts,
  grantOthers: noOthers,
  amount: new Float64Array(scalarCount),
  held: undefined,
  heldBack: false,
});

/** Everything that is free on the agent; false when it is overdrawn, as one that came back smaller is. */
export function lookAt(view: View, slot: number): boolean {
  const { agents } = view.allocator;
  view.slot = slot;
  view.ports = agents.freePorts[slot] ?? noPorts;
  view.others = agents.freeOthers[slot] ?? noOthers;
  view.served.length = 0;
  for (let scalar = 0; scalar < scalarCount; scalar += 1) {
    const free = freeScalar(agents, slot, scalar);
    if (free < 0) return false;
    view.free[scalar] = free;
  }
  return true;
}

/** The first gate that is closed; undefined when the grant stands in the view. */
export function closedGate(client: Client, view: View): Gate | undefined {
  if (view.served.length > 0 && view.served.includes(client)) return "served";
  const gate = agentGate(client, view);
  if (gate !== undefined) return gate;
  view.held = undefined;
  if (!fillGrant(client, view)) return "not-owed";
  if (view.held !== undefined) view.heldBack = true;
  if (!isWorthAnOffer(client, view))
    return view.held !== undefined ? "quota" : isOnlyForOthers(view) ? "reserved" : "minimum";
  return refusedBy(client, view) === undefined ? undefined : "declined";
}

/** What the client refused there and still holds against the grant. */
export function refusedBy(client: Client, view: View): Refused | undefined {
  const list = client.filters.get(view.slot);
  if (list === undefined) return undefined;
  for (let index = 0; index < list.length; index += 1) {
    const refused = list[index] as Refused;
    if (refused.untilMs > view.nowMs && isWithin(view, refused.resources)) return refused;
  }
  return undefined;
}

export const grantedResources = (view: View): Resources => ({
  cpus: view.grant[0] as Milli,
  mem: view.grant[1] as Milli,
  disk: view.grant[2] as Milli,
  gpus: view.grant[3] as Milli,
  ports: view.grantPorts,
  others: view.grantOthers,
});

/** The capability that the client lacks for some of what only roles like its own may have there. */
export function missingCapability(client: Client, view: View): FrameworkCapability | undefined {
  for (const resource of view.others) {
    const missing = missingFor(client.profile, resource);
    if (missing !== undefined && isAllocatableTo(resource, client.role)) return missing;
  }
  return undefined;
}

/** Whether anything there could be worth an offer to anyone: full agents are passed over at once. */
export function mayBeWorthAnOffer(view: View): boolean {
  if (view.others.length > 0 || reaches(view.free, view.minima)) return true;
  for (const { minima } of view.allocator.clients.profiles.values()) if (minima.size > 0) return true;
  return false;
}

/** What the agent as a whole is, and the client cannot take. */
export function agentGate(
  { profile, role }: Client,
  { allocator, slot }: View,
): "gpus" | "region" | "constraint" | undefined {
  const { agents, config } = allocator;
  if (!profile.takesGpus && (agents.totals[slot]?.gpus ?? 0) > 0) return "gpus";
  const info = agents.infos[slot];
  if (info === undefined) return undefined;
  const region = info.domain?.region;
  const isElsewhere = region !== undefined && config.region !== undefined && region !== config.region;
  if (isElsewhere && !profile.knowsRegions) return "region";
  const test = profile.constraints.size === 0 ? undefined : profile.constraints.get(role);
  return test !== undefined && test(info) !== undefined ? "constraint" : undefined;
}

/** Writes the grant to the view; false when this pass has none. */
export function fillGrant(client: Client, view: View): boolean {
  const { book, free, grant, others } = view;
  if (view.pass === "guarantees") {
    if (book === undefined || !grantByGuarantee(book, client.topRole, free, grant)) return false;
  } else if (book !== undefined) view.held = grantByShare(book, client.topRole, free, grant);
  else grant.set(free);
  const isPlain = grant.some((amount) => amount > 0) || !free.some((amount) => amount > 0);
  view.grantPorts = isPlain ? view.ports : noPorts;
  view.grantOthers =
    others.length === 0
      ? noOthers
      : others.filter(
          (resource) =>
            isAllocatableTo(resource, client.role) && missingFor(client.profile, resource) === undefined,
        );
  view.amount.set(grant);
  if (others.length > 0) addOthers(view.amount, view.grantOthers, 1);
  return true;
}

/** Of the grant that stands in the view. */
export function isWorthAnOffer(client: Client, view: View): boolean {
  const own = client.profile.minima.size === 0 ? undefined : client.profile.minima.get(client.role);
  if (reaches(view.amount, own ?? view.minima)) return true;
  // A volume is worth an offer whatever its size, or else one that is shared would never come back.
  return view.grantOthers.some(({ disk }) => disk?.persistence !== undefined);
}

function reaches(amount: Float64Array, minima: readonly Float64Array[]): boolean {
  if (minima.length === 0) return amount.some((value) => value > 0);
  for (let index = 0; index < minima.length; index += 1) {
    const least = minima[index] as Float64Array;
    let isReached = true;
    for (let scalar = 0; scalar < scalarCount; scalar += 1)
      if ((amount[scalar] as number) < (least[scalar] as number)) isReached = false;
    if (isReached) return true;
  }
  return false;
}

/** Something is there that would do, but it is kept for other roles. */
export const isOnlyForOthers = (view: View): boolean => {
  if (view.grantOthers.length >= view.others.length) return false;
  const all = new Float64Array(view.free);
  addOthers(all, view.others, 1);
  return reaches(all, view.minima);
};

function isWithin(view: View, refused: Resources): boolean {
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    if ((view.grant[scalar] as number) > scalarOf(refused, scalar)) return false;
  return coversPorts(refused.ports, view.grantPorts) && coversList(refused.others, view.grantOthers);
}

function minimaOf({ config }: Allocator): readonly Float64Array[] {
  const { cpus, mem } = config.minAllocatable;
  const milli = (value: number): Milli => Math.round(value * 1000) as Milli;
  return [columnsOf({ cpus: milli(cpus) }), columnsOf({ mem: milli(mem) })];
}
