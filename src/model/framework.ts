/**
 * Frameworks: the schedulers that are offered resources and run tasks on them.
 *
 * Our own app service is one of them and has no door of its own (law 1).
 */

import type { FrameworkId, RoleName } from "#model/ids.ts";
import type { OfferConstraints } from "#model/offer-constraints.ts";
import type { Quantities } from "#model/quota.ts";

export const frameworkCapabilities = [
  "partition-aware",
  "multi-role",
  "reservation-refinement",
  "task-killing-state",
  "revocable-resources",
  "gpu-resources",
  "shared-resources",
  "region-aware",
] as const;
export type FrameworkCapability = (typeof frameworkCapabilities)[number];

export type FrameworkInfo = {
  readonly name: string;
  readonly user: string;
  readonly roles: readonly RoleName[];
  readonly failoverTimeoutMs: number;
  readonly checkpoint: boolean;
  readonly hostname: string | undefined;
  readonly webuiUrl: string | undefined;
  readonly principal: string | undefined;
  readonly capabilities: readonly FrameworkCapability[];
  readonly labels: Readonly<Record<string, string>>;
  /** By role: which agents it wants to be offered; absent: any. */
  readonly offerConstraints?: Readonly<Record<string, OfferConstraints>> | undefined;
  /** By role: an offer must reach all of one of these; absent: the cluster's own minimum. */
  readonly minAllocatable?: Readonly<Record<string, readonly Quantities[]>> | undefined;
};

export type Framework = {
  readonly frameworkId: FrameworkId;
  readonly info: FrameworkInfo;
  /** Our own app service's, which no other may subscribe as. */
  readonly inside?: boolean | undefined;
  readonly state: "active" | "disconnected" | "completed";
  readonly registeredAtMs: number;
  readonly reregisteredAtMs: number | undefined;
  /** Since when it is gone; its tasks are killed `failoverTimeoutMs` later. */
  readonly disconnectedAtMs: number | undefined;
  readonly completedAtMs: number | undefined;
};
