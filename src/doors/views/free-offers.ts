/**
 * Offers as the app service would get them, if all that is free were offered to it now: for plans only.
 */

import type { AgentExplanation } from "#core/master/explain.ts";
import { type FrameworkId, offerId, type RoleName } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { passing } from "./explain.ts";

export const freeOffers = (
  agents: readonly AgentExplanation[],
  frameworkId: FrameworkId,
  role: RoleName,
  madeAtMs: number,
): readonly Offer[] =>
  agents
    .filter(({ state, gate }) => state === "active" && (gate === undefined || passing.has(gate.kind)))
    .map(({ agentId, info, free }) => ({
      offerId: offerId(`free-${agentId}`),
      ...{ frameworkId, role, agentId, agent: info, resources: free, madeAtMs },
    }));
