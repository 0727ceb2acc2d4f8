/**
 * Offers: made by the allocation cycle, and ended by use, refusal, time or loss.
 *
 * What ends an offer deletes its row; the allocator learns of it from there. A refusal with a filter keeps
 * what was refused from coming back for a while.
 */

import { limits } from "#base/limits.ts";
import { runCycle } from "#core/allocator/cycle.ts";
import type { FrameworkId, OfferId, RoleName } from "#model/ids.ts";
import { offerId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferFilters } from "#model/protocol/scheduler.ts";
import type { DeclinedBy } from "#model/reason.ts";
import { coversResources, isEmptyResources, type Resources } from "#model/resources.ts";
import type { Draft } from "./draft.ts";
import { filterKey, singleRow } from "./records.ts";
import { unavailabilityOf } from "./unavailability.ts";

/** Runs a cycle over the state as it is; the caller sees to it that the draft holds nothing that matters. */
export function makeOffers(draft: Draft): void {
  const { state, nowMs } = draft;
  const room = Math.min(limits.offersPerCycleMax, limits.offersOutstandingMax - state.tables.offer.size);
  const { placements, considered, complete, heldBack } = runCycle(state.allocator, nowMs, Math.max(0, room));
  const isScheduled = draft.get("maintenance-schedule", singleRow) !== undefined;
  const made = new Map<FrameworkId, Offer[]>();
  for (const placement of placements) {
    const agent = draft.get("agent", placement.agentId);
    if (agent === undefined) continue;
    const { master, number } = draft.nextNumber("offers");
    const id = offerId(`${master}-O${number}`);
    const unavailability = isScheduled ? unavailabilityOf(draft, agent.info) : undefined;
    const executorIds = draft
      .executorsOfAgent(placement.agentId)
      .filter(({ frameworkId }) => frameworkId === placement.frameworkId)
      .map(({ spec }) => spec.executorId);
    const offer: Offer = {
      offerId: id,
      ...placement,
      agent: agent.info,
      ...(unavailability === undefined ? {} : { unavailability }),
      ...(executorIds.length === 0 ? {} : { executorIds }),
      madeAtMs: nowMs,
    };
    draft.put("offer", id, offer);
    const offers = made.get(placement.frameworkId);
    if (offers === undefined) made.set(placement.frameworkId, [offer]);
    else offers.push(offer);
  }
  for (const [frameworkId, offers] of made) draft.tell(frameworkId, { type: "offers", offers });
  draft.put("allocation-cycle", singleRow, { atMs: nowMs, considered, complete, heldBack });
}

/** Takes offers back and says so. */
export function rescindOffers(draft: Draft, offers: readonly Offer[]): void {
  for (const offer of offers) {
    draft.delete("offer", offer.offerId);
    draft.tell(offer.frameworkId, { type: "rescind", offerId: offer.offerId });
  }
}

/** Offers that are not the framework's (any more) are passed over. */
export function declineCall(
  draft: Draft,
  frameworkId: FrameworkId,
  call: { readonly offerIds: readonly OfferId[]; readonly filters: OfferFilters },
): void {
  for (const id of call.offerIds) {
    const offer = draft.get("offer", id);
    if (offer?.frameworkId !== frameworkId) continue;
    draft.delete("offer", id);
    refuse(draft, offer, offer.resources, call.filters, "decline");
  }
}

/**
 * Less than nothing means the default, and nobody may refuse for ever. Nor for so short that the
 * next cycle would not see it: the same would be offered again, before others that want it.
 */
export function refuse(
  draft: Draft,
  offer: Pick<Offer, "frameworkId" | "role" | "agentId" | "offerId">,
  resources: Resources,
  filters: OfferFilters,
  call: DeclinedBy["call"],
): void {
  const asked = filters.refuseMs < 0 ? limits.refuseMsDefault : filters.refuseMs;
  if (!(asked > 0) || isEmptyResources(resources)) return;
  const leastMs = draft.state.config.allocationIntervalMs + 1;
  const refuseMs = Math.min(Math.max(asked, leastMs), limits.refuseMsMax);
  const { frameworkId, role, agentId } = offer;
  const key = filterKey(frameworkId, agentId, role);
  const untilMs = draft.nowMs + refuseMs;
  const earlier = (draft.get("filter", key)?.refused ?? []).filter(
    (other) => !(other.untilMs <= untilMs && coversResources(resources, other.resources)),
  );
  const by: DeclinedBy = { call, offerId: offer.offerId, atMs: draft.nowMs };
  const refused = [...earlier, { resources, untilMs, by }].slice(-limits.refusedPerFilterMax);
  draft.put("filter", key, { frameworkId, role, agentId, refused });
}

/** Due of a filter: what it still refuses stays. */
export function filterDue(draft: Draft, key: string): void {
  const filter = draft.get("filter", key);
  if (filter === undefined) return;
  const refused = filter.refused.filter(({ untilMs }) => untilMs > draft.nowMs);
  if (refused.length === 0) draft.delete("filter", key);
  else draft.put("filter", key, { ...filter, refused });
}

export function clearFilters(draft: Draft, frameworkId: FrameworkId, roles: readonly RoleName[]): void {
  for (const key of draft.state.indexes.filtersByFramework.get(frameworkId) ?? []) {
    const filter = draft.get("filter", key);
    if (filter !== undefined && roles.includes(filter.role)) draft.delete("filter", key);
  }
}
