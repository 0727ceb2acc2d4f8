/**
 * Uses offers: places the instances that apps and pods want, accepts what is used and declines the rest.
 *
 * Invariants: an instance is recorded in the decision that accepts for it, so it is durable before the
 * master hears of it; no offer outlives the decision that it came in, so none is used twice.
 */

import { limits } from "#base/limits.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation } from "#model/operation.ts";
import { noResources } from "#model/resources.ts";
import { tendBerths } from "./berths.ts";
import { type Desk, operationsOf } from "./desk.ts";
import type { Draft } from "./draft.ts";
import { roleOf } from "./need.ts";
import { placeService } from "./placing.ts";
import { isDue, pursueApp, serviceNow } from "./plan.ts";
import type { Demand } from "./records.ts";

/**
 * What is left of an offer comes back at once when there was more to place than one decision may; soon
 * while something is to be placed that found no room; else after a while.
 */
const refuseFullMs = 0;
/** Others wait to be looked at: their looks are spread over time. */
const refuseUnseenMs = 300;
const refuseWantingMs = 5_000;
const refuseIdleMs = 120_000;

export function useOffers(draft: Draft, offers: readonly Offer[]): void {
  for (const id of draft.state.unsettled) pursueApp(draft, id);
  const desks = offers.map((offer): Desk => ({ offer, taken: noResources, tasks: [], operations: [] }));
  tendBerths(draft, desks);
  const demands = inTurn(draft, desks);
  let looksLeft: number = limits.looksPerDecisionMax;
  for (const demand of demands) {
    if (looksLeft <= 0) break;
    looksLeft -= desks.length;
    const service = serviceNow(draft, demand.appId);
    if (service !== undefined) placeService(draft, service, demand, desks);
  }
  answerOffers(draft, desks, looksLeft <= 0);
}

/**
 * The oldest first. When not all can be looked at, first those whose last look is the longest ago, or still to come; and
 * none for which nothing is offered, which would have its look for nothing every time.
 */
function inTurn(draft: Draft, desks: readonly Desk[]): readonly Demand[] {
  const due = draft.demands().filter((demand) => isDue(demand, draft.nowMs));
  const older = (a: Demand, b: Demand): number => a.sinceMs - b.sinceMs || (a.appId < b.appId ? -1 : 1);
  if (due.length * desks.length <= limits.looksPerDecisionMax) return due.sort(older);
  const { reports } = draft.state;
  const offered = new Set<string>(desks.map(({ offer }) => offer.role));
  const isOffered = ({ appId }: Demand): boolean => {
    const service = serviceNow(draft, appId);
    return service !== undefined && offered.has(roleOf(service.definition));
  };
  const lookedAtMs = ({ appId }: Demand): number => reports.get(appId)?.lookedAtMs ?? 0;
  return due.filter(isOffered).sort((a, b) => lookedAtMs(a) - lookedAtMs(b) || older(a, b));
}

function answerOffers(draft: Draft, desks: readonly Desk[], unseen: boolean): void {
  const wanting = draft.demands().some((demand) => isDue(demand, draft.nowMs));
  const refuseMs = draft.isFull
    ? refuseFullMs
    : unseen
      ? refuseUnseenMs
      : wanting
        ? refuseWantingMs
        : refuseIdleMs;
  const filters = { refuseMs };
  const connection = draft.connection;
  if (!wanting && connection !== undefined) draft.putConnection({ ...connection, refusedForLong: true });
  const unused: Offer[] = [];
  for (const desk of desks) {
    const { offer } = desk;
    const operations: readonly OfferOperation[] = operationsOf(desk);
    if (operations.length === 0) unused.push(offer);
    else draft.call({ type: "accept", offerIds: [offer.offerId], operations, filters });
  }
  if (unused.length > 0)
    draft.call({ type: "decline", offerIds: unused.map(({ offerId }) => offerId), filters });
}
