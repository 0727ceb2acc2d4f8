/**
 * Deployments: the way from what runs to what is wanted, in steps, and what each waits for.
 *
 * Stored when it is made and when its step changes; removed when it is done or cancelled. What its apps and
 * pods were before stands in rows of their own, for a rollback.
 */

import type { AppId, DeploymentId, GroupId, VersionId } from "#model/ids.ts";
import type { GroupSettings } from "./group.ts";

export const deploymentActions = ["start", "scale", "restart", "stop"] as const;
export type DeploymentAction = (typeof deploymentActions)[number];

export type DeploymentTask = {
  readonly action: DeploymentAction;
  /** Of an app or a pod. */
  readonly appId: AppId;
  readonly isPod?: true;
  /** A newer deployment does this now: what comes after waits until that one has ended. */
  readonly takenOver?: true;
};

export type DeploymentStep = { readonly actions: readonly DeploymentTask[] };

export type Deployment = {
  readonly deploymentId: DeploymentId;
  readonly version: VersionId;
  readonly startedAtMs: number;
  readonly steps: readonly DeploymentStep[];
  /** 0-based; equals `steps.length` when done. */
  readonly currentStep: number;
  /** If it is not done by then it is taken back. */
  readonly deadlineAtMs?: number;
  /** The groups whose settings it changed, as they were; null: the group did not exist. */
  readonly groupsBefore?: readonly { readonly groupId: GroupId; readonly settings: GroupSettings | null }[];
};

/** What a deployment waits for, of one app or pod. */
export type DeploymentWait = {
  readonly appId: AppId;
  readonly what: DeploymentWaitKind;
  /** How many instances. */
  readonly count: number;
  /** Undefined: not known. */
  readonly sinceMs: number | undefined;
  /** For people, with the app's id. */
  readonly sentence: string;
};

export const deploymentWaitKinds = [
  "place",
  "back-off",
  "running",
  "healthy",
  "ready",
  "ended",
  "replaced",
  "other-deployment",
] as const;
export type DeploymentWaitKind = (typeof deploymentWaitKinds)[number];

/** The apps and pods that it still works on itself. */
export const deployedBy = (deployment: Deployment): readonly AppId[] => [
  ...new Set(
    deployment.steps.flatMap(({ actions }) =>
      actions.filter(({ takenOver }) => takenOver === undefined).map(({ appId }) => appId),
    ),
  ),
];
