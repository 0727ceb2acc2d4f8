/**
 * The app service's face: what comes in, what it asks to be done, what it answers, and what it keeps.
 *
 * It is a framework like any other: everything about tasks goes through scheduler calls and events.
 * Durable: apps with their versions, instances, deployments, its framework id.
 */

import type { App, AppDefinition, AppPatch, HealthCheck, Service } from "#model/app.ts";
import type { AppProblem } from "#model/app-rules.ts";
import type { Berth } from "#model/berth.ts";
import type { Deployment, DeploymentWait } from "#model/deployment.ts";
import type { Group, GroupSettings } from "#model/group.ts";
import type { AppId, DeploymentId, FrameworkId, GroupId, SessionId, TaskId, VersionId } from "#model/ids.ts";
import type { CheckHealth, Instance, InstanceContainer, TaskFailure } from "#model/instance.ts";
import type { Pod, PodDefinition, RunSpec } from "#model/pod.ts";
import type { SchedulerCall, SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { ReadinessResult } from "#model/readiness.ts";
import type { RefusedBy } from "#model/reason.ts";
import type { CheckResult } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
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
  /**
   * What the cluster's operator has against a definition that our own rules allow: of the definition alone, and
   * always the same.
   */
  readonly review?: ((definition: RunSpec) => readonly AppProblem[]) | undefined;
  /** Of apps that say none and are in no group with one; absent: `*`. */
  readonly role?: string | undefined;
  /** Where the master is; absent: it is nowhere in particular. */
  readonly region?: string | undefined;
  /** Apps that need no GPUs may use agents that have some, unless they say otherwise. */
  readonly sharesGpuAgents?: boolean | undefined;
};

export type AppsInput =
  | { readonly type: "start"; readonly session: SessionId }
  | { readonly type: "tick" }
  | { readonly type: "event"; readonly session: SessionId; readonly event: SchedulerEvent }
  /** The master closed our session (a deposed or restarted master): subscribe again under `session`. */
  | { readonly type: "disconnected"; readonly session: SessionId }
  | { readonly type: "probe-result"; readonly result: ProbeResult }
  | AppsCommand;

/** How a change deals with what is in its way, and how it is carried out. */
export type ChangeOptions = {
  /** Deployments that are in the way are cancelled as a whole. */
  readonly force: boolean;
  /** They leave the apps of this change to it, and go on with the others. */
  readonly supersede?: boolean;
  /** So long after its start it is taken back, unless it is done. */
  readonly deadlineMs?: number | undefined;
  /** Labels, constraints and the like change without replacing instances. */
  readonly keepInstances?: boolean;
};

/** What users ask for. */
export type AppsCommand =
  | ({ readonly type: "create-app"; readonly definition: AppDefinition } & ChangeOptions)
  /** Several at once are one deployment. */
  | ({ readonly type: "update-apps"; readonly updates: readonly AppUpdate[] } & ChangeOptions)
  | ({ readonly type: "rollback-app"; readonly id: AppId; readonly version: VersionId } & ChangeOptions)
  | ({ readonly type: "restart-app"; readonly id: AppId } & ChangeOptions)
  | ({ readonly type: "delete-app"; readonly id: AppId } & ChangeOptions)
  | ({ readonly type: "create-pod" | "update-pod"; readonly definition: PodDefinition } & ChangeOptions)
  | ({ readonly type: "rollback-pod"; readonly id: AppId; readonly version: VersionId } & ChangeOptions)
  | ({ readonly type: "delete-pod"; readonly id: AppId } & ChangeOptions)
  | ({ readonly type: "update-group"; readonly id: GroupId; readonly update: GroupUpdate } & ChangeOptions)
  | ({ readonly type: "delete-group"; readonly id: GroupId } & ChangeOptions)
  /** Of a group right below the root. */
  | { readonly type: "enforce-role"; readonly id: GroupId; readonly enforceRole: boolean }
  /** `scale`: lower the app's instances by as many, and answer with a deployment. */
  | ({
      readonly type: "kill-tasks";
      readonly taskIds: readonly TaskId[];
      readonly scale: boolean;
      /** What they had reserved is given back, with their volumes. */
      readonly wipe?: boolean;
      /** Berths that are given back, too, with whatever runs there. */
      readonly berthIds?: readonly string[];
    } & ChangeOptions)
  /** `force`: just forget it; else a new deployment takes everything back. */
  | { readonly type: "cancel-deployment"; readonly id: DeploymentId; readonly force: boolean }
  | { readonly type: "reset-delay"; readonly id: AppId };

export type GroupUpdate =
  /** `mustBeNew`: a group that exists is a conflict. */
  | { readonly kind: "tree"; readonly tree: GroupTree; readonly mustBeNew: boolean }
  /** Of every app in it, rounded up. */
  | { readonly kind: "scale"; readonly factor: number }
  | { readonly kind: "version"; readonly version: VersionId };

/** A group as it is to be. What is undefined stays as it is; pods always do, while their group does. */
export type GroupTree = {
  readonly id: GroupId;
  readonly apps: readonly AppDefinition[] | undefined;
  readonly groups: readonly GroupTree[] | undefined;
  readonly dependencies: readonly AppId[] | undefined;
  readonly enforceRole: boolean | undefined;
};

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
  | {
      readonly type: "pod";
      readonly pod: Pod;
      readonly deploymentId: DeploymentId;
      readonly created: boolean;
    }
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
  | {
      readonly type: "app-changed";
      readonly appId: AppId;
      readonly app: App | undefined;
      readonly before: App | undefined;
    }
  /** Undefined: it was removed. */
  | { readonly type: "pod-changed"; readonly podId: AppId; readonly pod: Pod | undefined }
  | { readonly type: "app-terminated"; readonly appId: AppId }
  | { readonly type: "instance-changed"; readonly instance: Instance; readonly message: string }
  /** One of a pod's containers. */
  | {
      readonly type: "container-changed";
      readonly instance: Instance;
      readonly container: InstanceContainer;
      readonly message: string;
    }
  /** A task ended that no instance has: forgotten, or never ours. */
  | { readonly type: "unknown-ended"; readonly taskId: TaskId; readonly state: TaskState }
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
  /** It has come to wait for something else; of many things, some. */
  | {
      readonly type: "deployment-waits";
      readonly deployment: Deployment;
      readonly waits: readonly DeploymentWait[];
    }
  | { readonly type: "deployment-success"; readonly deployment: Deployment }
  | { readonly type: "deployment-failed"; readonly deployment: Deployment; readonly reason: string }
  | { readonly type: "connected"; readonly reconnected: boolean }
  | { readonly type: "disconnected" }
);

/** Delay of an app's launches after failures. */
export type LaunchDelay = { readonly appId: AppId; readonly delayMs: number; readonly untilMs: number };

/** What is known of how one instance does. */
export type InstanceHealth = {
  readonly taskId: TaskId;
  /** One entry for each of its app's health checks, in order; empty before any has spoken. */
  readonly checks: readonly CheckHealth[];
  /** Undefined: it was not asked yet, or has no readiness check. */
  readonly readiness?: ReadinessResult | undefined;
  /** What the app's check by the agent last found. */
  readonly check?: CheckResult | undefined;
};

/** Why the app's missing instances are not placed: the last answer for each agent that offered. */
export type PlacementReport = {
  readonly appId: AppId;
  readonly sinceMs: number;
  readonly offersSeen: number;
  readonly offersUnused: number;
  readonly lastUnusedAtMs: number | undefined;
  /** Whether or not it was refused anything. Undefined: not yet. */
  readonly lookedAtMs?: number | undefined;
  readonly refusedBy: readonly RefusedBy[];
};

export type AppVersion = { readonly service: Service };

/** What an app or pod was before a deployment changed it; null: it did not exist. */
export type ServiceBefore = { readonly service: Service | null };

/**
 * What an app or pod was that no longer is, or was before it came anew, so that its group can go back to that
 * time. The oldest first.
 */
export type RemovedService = {
  readonly past: readonly { readonly service: Service; readonly until: VersionId }[];
  /** Between these it was there, and what it was is no longer kept. */
  readonly forgotten?: { readonly since: VersionId; readonly until: VersionId };
};

/** The settings that a group had which no longer is, or which came anew since. The oldest first. */
export type RemovedGroup = {
  readonly past: readonly (GroupSettings & { readonly since: VersionId; readonly until: VersionId })[];
};

/** Instances whose end was asked for, and that are too many for one decision: each row is for one. */
export type TasksToKill = {
  readonly taskIds: readonly TaskId[];
  /** What they had reserved is given back. */
  readonly wipe: boolean;
};

export type AppsPublicRecord =
  | Row<"apps-framework", { readonly frameworkId: FrameworkId }>
  | Row<"app", App>
  | Row<"pod", Pod>
  | Row<"app-version", AppVersion>
  | Row<"instance", Instance>
  | Row<"tasks-to-kill", TasksToKill>
  | Row<"berth", Berth>
  | Row<"deployment", Deployment>
  | Row<"deployment-before", ServiceBefore>
  | Row<"group", Group>
  | Row<"removed-service", RemovedService>
  | Row<"removed-group", RemovedGroup>
  | Row<"task-failure", TaskFailure>
  | Row<"launch-delay", LaunchDelay>
  | Row<"instance-health", InstanceHealth>
  | Row<"placement-report", PlacementReport>;
