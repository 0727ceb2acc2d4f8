/**
 * Offers: resources of one agent, held for one framework in one role until used, declined or rescinded.
 *
 * Offers live in memory only: a new master makes new ones.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { AgentId, ExecutorId, FrameworkId, OfferId, RoleName } from "#model/ids.ts";
import type { Unavailability } from "#model/maintenance.ts";
import type { Resources } from "#model/resources.ts";

export type Offer = {
  readonly offerId: OfferId;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly agentId: AgentId;
  readonly agent: AgentInfo;
  readonly resources: Resources;
  /** Those of the framework that the agent has; absent: none. */
  readonly executorIds?: readonly ExecutorId[] | undefined;
  /** When the agent will be away, if that is planned. */
  readonly unavailability?: Unavailability | undefined;
  readonly madeAtMs: number;
};
