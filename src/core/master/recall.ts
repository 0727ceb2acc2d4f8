/**
 * Which offers are taken back when operators change the rules: as few as the new rules need.
 *
 * Semantics: Apache Mesos's, src/master/quota_handler.cpp and weights_handler.cpp. It is a help on the way to
 * the new shares and not what keeps them: the allocator goes by the new rules at once.
 */

import type { RoleName } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { guaranteeOf, limitOf, type Quota } from "#model/quota.ts";
import { type Resources, scalarNames, scalarTotals } from "#model/resources.ts";
import { isSameOrBelow } from "#model/role.ts";
import type { Draft } from "./draft.ts";
import { rescindOffers } from "./offers.ts";
import type { Weight } from "./records.ts";

/**
 * First of the role's own offers, until it keeps within its limits; then of others', until what it is
 * guaranteed could be given to it though nothing else were free.
 */
export function recallForQuota(draft: Draft, quota: Quota): void {
  const isOwn = ({ role }: Offer): boolean => isSameOrBelow(role, quota.role);
  const offers = draft.all("offer");
  const held = scalarNames.map((_name, scalar) => consumedBy(draft, quota.role, scalar));
  for (const offer of offers.filter(isOwn)) add(held, offer.resources, 1);
  const isOver = (): boolean =>
    scalarNames.some((name, scalar) => (held[scalar] ?? 0) > limitOf(quota, name));
  const isShort = (): boolean =>
    scalarNames.some((name, scalar) => (held[scalar] ?? 0) < guaranteeOf(quota, name));
  for (const offer of offers.filter(isOwn)) {
    if (!isOver()) break;
    add(held, offer.resources, -1);
    rescindOffers(draft, [offer]);
  }
  for (const offer of offers) {
    if (!isShort()) break;
    if (isOwn(offer)) continue;
    add(held, offer.resources, 1);
    rescindOffers(draft, [offer]);
  }
}

/** All of them, if the weight of a role that anybody is in changes. */
export function recallForWeights(draft: Draft, weights: readonly Weight[]): void {
  const roles = new Set(weights.map(({ role }) => role));
  const isUsed =
    [...draft.state.allocator.claims.values()].some(({ role }) => roles.has(role)) ||
    draft.all("framework").some(({ state, info }) => {
      return state !== "completed" && info.roles.some((role) => roles.has(role));
    });
  if (isUsed) rescindOffers(draft, draft.all("offer"));
}

/** What is reserved for the role or used in it; offers may be taken back and do not count. */
export function consumedBy(draft: Draft, role: RoleName, scalar: number): number {
  const { allocator } = draft.state;
  const name = scalarNames[scalar] ?? "cpus";
  let sum = allocator.reserved.get(role)?.[scalar] ?? 0;
  for (const claim of allocator.claims.values())
    if (claim.kind === "used" && isSameOrBelow(claim.role, role)) sum += claim.resources[name];
  return sum;
}

function add(sum: number[], resources: Resources, sign: 1 | -1): void {
  const totals = scalarTotals(resources);
  for (const [scalar, name] of scalarNames.entries())
    sum[scalar] = (sum[scalar] ?? 0) + sign * (totals.get(name) ?? 0);
}
