/**
 * What the doors may read: instances with their health, versions, deployments, the launch queue.
 *
 * Views only look; they give the stored values themselves, never copies of them.
 */

import type { App, Service } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, FrameworkId, TaskId, VersionId } from "#model/ids.ts";
import type { CheckHealth, Instance } from "#model/instance.ts";
import { healthChecksOf, isAppService, isPodService, type Pod } from "#model/pod.ts";
import { healthOf } from "./condition.ts";
import type { Demand } from "./records.ts";
import { type AppsState, definitionOf, serviceOf } from "./state.ts";
import type { LaunchDelay, PlacementReport } from "./types.ts";

export const instancesOf = (state: AppsState, id: AppId): readonly Instance[] => [
  ...(state.instancesByApp.get(id)?.values() ?? []),
];

/** What the app's instances have reserved. */
export const berthsOf = (state: AppsState, id: AppId): readonly Berth[] => [
  ...(state.berthsByApp.get(id)?.values() ?? []),
];

export const allInstances = (state: AppsState): Iterable<Instance> => state.instances.values();

/** One entry for each check of the app that has spoken; empty without checks. */
export const instanceChecks = (state: AppsState, id: TaskId): readonly CheckHealth[] =>
  state.health.get(id)?.checks ?? [];

/** Undefined: some checks have not spoken yet, or there are none. */
export function instanceHealthy(state: AppsState, instance: Instance): boolean | undefined {
  const definition = definitionOf(state, instance);
  if (definition === undefined || healthChecksOf(definition).length === 0) return undefined;
  return healthOf(definition, state.health.get(instance.taskId));
}

/** The newest first. */
export const appVersions = (state: AppsState, id: AppId): readonly VersionId[] =>
  [...(state.versions.get(id)?.keys() ?? [])].sort().reverse();

export function appAtVersion(state: AppsState, id: AppId, version: VersionId): App | undefined {
  const service = state.versions.get(id)?.get(version);
  return service !== undefined && isAppService(service) ? service : undefined;
}

export function podAtVersion(state: AppsState, id: AppId, version: VersionId): Pod | undefined {
  const service = state.versions.get(id)?.get(version);
  return service !== undefined && isPodService(service) ? service : undefined;
}

/** A pod that was removed and still has instances, as it was. */
export function podEnding(state: AppsState, id: AppId): Pod | undefined {
  const lock = state.lockedBy.get(id);
  const before = lock === undefined ? undefined : state.before.get(lock)?.get(id);
  return before && isPodService(before) ? before : undefined;
}

export const deployments = (state: AppsState): readonly Deployment[] =>
  [...state.deployments.values()].sort(
    (a, b) => a.startedAtMs - b.startedAtMs || (a.deploymentId < b.deploymentId ? -1 : 1),
  );

export const subscribedAs = (state: AppsState): FrameworkId | undefined => state.frameworkId;

/** An app that misses instances, or whose launches are delayed. */
export type QueueItem = {
  readonly service: Service;
  readonly count: number;
  readonly sinceMs: number;
  readonly delay: LaunchDelay | undefined;
  readonly report: PlacementReport | undefined;
};

export function queue(state: AppsState): readonly QueueItem[] {
  return [...state.demands.values()].flatMap((demand) => queueItem(state, demand) ?? []);
}

function queueItem(state: AppsState, { appId, count, sinceMs }: Demand): QueueItem | undefined {
  const service = serviceOf(state, appId);
  if (service === undefined) return undefined;
  return { service, count, sinceMs, delay: state.delays.get(appId), report: state.reports.get(appId) };
}
