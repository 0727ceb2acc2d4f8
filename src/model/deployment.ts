/**
 * Deployments: the way from what runs to what is wanted, in steps, and what each waits for.
 *
 * Stored when it is made and when its step changes; removed when it is done or cancelled.
 */

import type { App } from "#model/app.ts";
import type { AppId, DeploymentId, VersionId } from "#model/ids.ts";

export const deploymentActions = ["start", "scale", "restart", "stop"] as const;
export type DeploymentAction = (typeof deploymentActions)[number];

export type DeploymentStep = {
  readonly actions: readonly { readonly action: DeploymentAction; readonly appId: AppId }[];
};

export type Deployment = {
  readonly deploymentId: DeploymentId;
  readonly version: VersionId;
  readonly startedAtMs: number;
  readonly steps: readonly DeploymentStep[];
  /** 0-based; equals `steps.length` when done. */
  readonly currentStep: number;
  /** What each affected app was before, for a rollback; null: it did not exist. */
  readonly before: readonly { readonly appId: AppId; readonly app: App | null }[];
};
