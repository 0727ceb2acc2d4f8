/**
 * What operators have ordered, as the doors hand it over to be shown.
 */

import type { InverseOfferAnswer, Machine, MaintenanceSchedule } from "#model/maintenance.ts";
import type { Operation } from "#model/operation.ts";
import type { Quota } from "#model/quota.ts";

export type OrdersSnapshot = {
  readonly quotas: readonly Quota[];
  /** Of the configuration and of operators; roles without one weigh 1. */
  readonly weights: ReadonlyMap<string, number>;
  readonly schedule: MaintenanceSchedule;
  readonly downMachines: readonly Machine[];
  /** With the agents' machines, so that an answer finds the machine that it is about. */
  readonly inverseAnswers: readonly (InverseOfferAnswer & { readonly machines: readonly Machine[] })[];
  readonly operations: readonly Operation[];
};
