/**
 * Offers and inverse offers as frameworks see them, each in the format that the framework can read.
 */

import type { FrameworkCapability } from "#model/framework.ts";
import type { InverseOffer } from "#model/maintenance.ts";
import type { Offer } from "#model/offer.ts";
import type { MessageOf } from "../proto/tables.ts";
import { attributeMessages } from "./agent-message.ts";
import { agentUrlMessage, domainMessage } from "./agents.ts";
import { idMessage } from "./basics.ts";
import { type ResourceFormat, resourceMessages } from "./resources.ts";
import { unavailabilityMessage } from "./time-message.ts";

/**
 * One without MULTI_ROLE is not told to which role things are allocated; one without RESERVATION_REFINEMENT
 * sees reservations in the earlier format.
 */
export const formatFor = (role: string, capabilities: readonly FrameworkCapability[]): ResourceFormat => ({
  allocatedTo: capabilities.includes("multi-role") ? role : undefined,
  refined: capabilities.includes("reservation-refinement"),
});

export function offerMessage(offer: Offer, capabilities: readonly FrameworkCapability[]): MessageOf<"Offer"> {
  const { agent, role, unavailability, executorIds = [] } = offer;
  const format = formatFor(role, capabilities);
  return {
    id: idMessage(offer.offerId),
    framework_id: idMessage(offer.frameworkId),
    agent_id: idMessage(offer.agentId),
    hostname: agent.hostname,
    url: agentUrlMessage(agent),
    domain: domainMessage(agent.domain),
    resources: resourceMessages(offer.resources, format),
    ...(executorIds.length === 0 ? {} : { executor_ids: executorIds.map(idMessage) }),
    ...(Object.keys(agent.attributes).length === 0
      ? {}
      : { attributes: attributeMessages(agent.attributes) }),
    unavailability: unavailability === undefined ? undefined : unavailabilityMessage(unavailability),
    allocation_info: format.allocatedTo === undefined ? undefined : { role: format.allocatedTo },
  };
}

/** It asks for all that the framework uses there, so it names no resources. */
export const inverseOfferMessage = (offer: InverseOffer): MessageOf<"InverseOffer"> => ({
  id: idMessage(offer.offerId),
  url: offer.agent === undefined ? undefined : agentUrlMessage(offer.agent),
  framework_id: idMessage(offer.frameworkId),
  agent_id: idMessage(offer.agentId),
  unavailability: unavailabilityMessage(offer.unavailability),
});
