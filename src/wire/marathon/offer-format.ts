/**
 * Offers as Marathon's launch queue shows those that it could not use.
 */

import type { Offer } from "#model/offer.ts";
import { attributeMessages } from "../mesos/translate/agent-message.ts";
import { type ResourceMessage, resourceMessages } from "../mesos/translate/resources.ts";
import type { Json } from "./app-format.ts";

export const formatOffer = (offer: Offer): Json => ({
  id: offer.offerId,
  hostname: offer.agent.hostname,
  agentId: offer.agentId,
  resources: resourceMessages(offer.resources).map(formatResource),
  attributes: attributeMessages(offer.agent.attributes).map(({ name, text, scalar }) => ({
    name,
    ...(text === undefined ? {} : { text: text.value }),
    ...(scalar === undefined ? {} : { scalar: scalar.value }),
  })),
});

const formatResource = ({ name, scalar, ranges, set, reservations }: ResourceMessage): Json => ({
  name,
  role: reservations?.at(-1)?.role ?? "*",
  ...(scalar === undefined ? {} : { scalar: scalar.value }),
  ...(ranges === undefined
    ? {}
    : { ranges: (ranges.range ?? []).map(({ begin, end }) => ({ begin: Number(begin), end: Number(end) })) }),
  ...(set === undefined ? {} : { set: set.item ?? [] }),
});
