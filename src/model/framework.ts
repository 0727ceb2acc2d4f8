/**
 * Frameworks: the schedulers that are offered resources and run tasks on them.
 *
 * Our own app service is one of them and has no door of its own (law 1).
 */

import type { FrameworkId, RoleName } from "#model/ids.ts";

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
};

export type Framework = {
  readonly frameworkId: FrameworkId;
  readonly info: FrameworkInfo;
  readonly state: "active" | "disconnected" | "completed";
  readonly registeredAtMs: number;
  readonly reregisteredAtMs: number | undefined;
  /** Since when it is gone; its tasks are killed `failoverTimeoutMs` later. */
  readonly disconnectedAtMs: number | undefined;
  readonly completedAtMs: number | undefined;
};
