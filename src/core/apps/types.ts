/**
 * The app service's face: what comes in, what it asks to be done, what it answers, and what it keeps.
 *
 * It is a framework like any other: everything about tasks goes through scheduler calls and events.
 * Durable: apps with their versions, instances, deployments, its framework id.
 */

import type { App, AppDefinition, AppPatch, HealthCheck } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, DeploymentId, FrameworkId, SessionId, TaskId, VersionId } from "#model/ids.ts";
import type { CheckHealth, Instance, TaskFailure } from "#model/instance.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { RefusedBy } from "#model/reason.ts";
import type { ProbeRequest, ProbeResult } from "#ports/probes.ts";
import type { Row } from "#ports/room.ts";

export type AppsConfig = {
  readonly user: string;
  /** Where people find the app service; told to the master with the subscription. */
  readonly hostname: string | undefined;
  readonly webuiUrl: string | undefined;
  /** How long after a subscription, and how often, tasks of unknown whereabouts are asked for. */
  readonly reconcileIntervalMs: number;
  /** How long a task may stay in staging before it is killed and replaced. */
  readonly taskLaunchTimeoutMs: number;
  readonly servicePorts: { readonly first: number; readonly last: number };
};

export type AppsInput =
  | { readonly type: "start"; readonly session: SessionId }
  | { readonly type: "tick" }
  | { readonly type: "event"; readonly session: SessionId; readonly event: SchedulerEvent }
  /** The master closed our session (a deposed or restarted master): subscribe again under `session`. */
  | { readonly type: "disconnected"; readonly session: SessionId }
  | { readonly type: "probe-result"; readonly result: ProbeResult }
  | AppsCommand;

/** What users ask for. `force` cancels deployments that are in the way. */
export type AppsCommand =
  | { readonly type: "create-app"; readonly definition: AppDefinition; readonly force: boolean }
  /** Several at once are one deployment. */
  | { readonly type: "update-apps"; readonly updates: readonly AppUpdate[]; readonly force: boolean }
  | {
      readonly type: "rollback-app";
      readonly id: AppId;
      readonly version: VersionId;
      readonly force: boolean;
    }
  | { readonly type: "restart-app"; readonly id: AppId; readonly force: boolean }
  | { readonly type: "delete-app"; readonly id: AppId; readonly force: boolean }
  /** `scale`: lower the app's instances by as many, and answer with a deployment. */
  | {
      readonly type: "kill-tasks";
      readonly taskIds: readonly TaskId[];
      readonly scale: boolean;
      readonly force: boolean;
    }
  /** `force`: just forget it; else a new deployment takes everything back. */
  | { readonly type: "cancel-deployment"; readonly id: DeploymentId; readonly force: boolean }
  | { readonly type: "reset-delay"; readonly id: AppId };

/** The patch goes over the definition as it is now, or over the defaults when `replace` or when it is new. */
export type AppUpdate = {
  readonly id: AppId;
  readonly patch: AppPatch;
  readonly replace: boolean;
  /** PATCH: an app that does not exist is an error, not a creation. */
  readonly mustExist: boolean;
};

export type AppsAnswer =
  | { readonly type: "app"; readonly app: App; readonly deploymentId: DeploymentId | undefined }
  /** `created`: the apps that did not exist before. */
  | {
      readonly type: "deployment";
      readonly version: VersionId;
      readonly deploymentId: DeploymentId;
      readonly created: readonly AppId[];
    }
  | { readonly type: "killed"; readonly instances: readonly Instance[] }
  | { readonly type: "done" };

export type AppsEffect =
  | { readonly type: "call"; readonly session: SessionId; readonly call: SchedulerCall }
  | { readonly type: "probe"; readonly request: ProbeRequest }
  | { readonly type: "publish"; readonly event: AppsEvent };

/** What the event stream shows; `wire/marathon` gives each Marathon's name and shape. */
export type AppsEvent = { readonly timestampMs: number } & (
  | { readonly type: "app-changed"; readonly appId: AppId; readonly app: App | undefined }
  | { readonly type: "app-terminated"; readonly appId: AppId }
  | { readonly type: "instance-changed"; readonly instance: Instance; readonly message: string }
  | { readonly type: "instance-health"; readonly instance: Instance; readonly healthy: boolean }
  /** A failure that counts. */
  | { readonly type: "check-failed"; readonly instance: Instance; readonly check: HealthCheck }
  | { readonly type: "unhealthy-kill"; readonly instance: Instance; readonly reason: string }
  | { readonly type: "deployment-started"; readonly deployment: Deployment }
  | {
      readonly type: "deployment-step";
      readonly deployment: Deployment;
      readonly outcome: "started" | "success";
    }
  | { readonly type: "deployment-success"; readonly deployment: Deployment }
  | { readonly type: "deployment-failed"; readonly deployment: Deployment; readonly reason: string }
  | { readonly type: "connected"; readonly reconnected: boolean }
  | { readonly type: "disconnected" }
);

/** Delay of an app's launches after failures. */
export type LaunchDelay = { readonly appId: AppId; readonly delayMs: number; readonly untilMs: number };

/** The health of one instance, one entry for each of its app's checks, in order. */
export type InstanceHealth = { readonly taskId: TaskId; readonly checks: readonly CheckHealth[] };

/** Why the app's missing instances are not placed: the last answer for each agent that offered. */
export type PlacementReport = {
  readonly appId: AppId;
  readonly sinceMs: number;
  readonly offersSeen: number;
  readonly offersUnused: number;
  readonly lastUnusedAtMs: number | undefined;
  readonly refusedBy: readonly RefusedBy[];
};

export type AppVersion = { readonly app: App };

export type AppsPublicRecord =
  | Row<"apps-framework", { readonly frameworkId: FrameworkId }>
  | Row<"app", App>
  | Row<"app-version", AppVersion>
  | Row<"instance", Instance>
  | Row<"deployment", Deployment>
  | Row<"task-failure", TaskFailure>
  | Row<"launch-delay", LaunchDelay>
  | Row<"instance-health", InstanceHealth>
  | Row<"placement-report", PlacementReport>;
