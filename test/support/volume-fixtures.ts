/**
 * What tests of reservations and volumes are made of: a framework in a role of its own, and what it reserves.
 */

import assert from "node:assert/strict";
import type { FrameworkInfo } from "#model/framework.ts";
import { roleName } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation, OperationStatus } from "#model/operation.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import { dynamicReservation } from "#model/reservation.ts";
import { plainResource, type Resource } from "#model/resource.ts";
import { milli, scalarValue } from "#model/resource-value.ts";
import { fromList, type Resources, resources } from "#model/resources.ts";
import type { TestAgent } from "./master-agent.ts";
import type { MasterDriver, TestFramework } from "./master-driver.ts";

export const dbRole = roleName("db");
export const dbInfo: Partial<FrameworkInfo> = {
  roles: [dbRole],
  capabilities: ["partition-aware", "reservation-refinement", "shared-resources"],
};
export const kept = (name: string, amount: number, changes: Partial<Resource> = {}): Resource => ({
  ...plainResource(name, scalarValue(milli(amount))),
  reservations: [dynamicReservation(dbRole)],
  ...changes,
});
export const volume = (amount: number, id = "v", changes: Partial<Resource> = {}): Resource =>
  kept("disk", amount, {
    disk: {
      persistence: { id, principal: undefined },
      volume: { containerPath: "data", mode: "read-write", hostPath: undefined },
      source: undefined,
    },
    ...changes,
  });
export const reserve = (...list: Resource[]): OfferOperation => ({
  kind: "reserve",
  resources: fromList(list),
});
export const create = (...list: Resource[]): OfferOperation => ({ kind: "create", volumes: fromList(list) });

export const accept = (
  framework: TestFramework,
  offers: readonly Offer[],
  operations: readonly OfferOperation[],
  refuseMs = 100_000,
): void => {
  const offerIds = offers.map(({ offerId }) => offerId);
  assert.equal(framework.call({ type: "accept", offerIds, operations, filters: { refuseMs } }), undefined);
};

export const operationsIn = (events: readonly SchedulerEvent[]): OperationStatus[] =>
  events.flatMap((event) => (event.type === "update-operation-status" ? [event.status] : []));

export const totalOf = (driver: MasterDriver, agent: TestAgent): Resources =>
  driver.state.tables.agent.get(agent.id)?.info.resources ?? resources({});
