/**
 * What the doors may read: instances with their health, versions, deployments, the launch queue.
 *
 * Views only look; they give the stored values themselves, never copies of them.
 */

import type { App } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, FrameworkId, TaskId, VersionId } from "#model/ids.ts";
import type { CheckHealth, Instance } from "#model/instance.ts";
import { healthOf } from "./condition.ts";
import type { Demand } from "./records.ts";
import { type AppsState, definitionOf } from "./state.ts";
import type { LaunchDelay, PlacementReport } from "./types.ts";

export const instancesOf = (state: AppsState, id: AppId): readonly Instance[] => [
  ...(state.instancesByApp.get(id)?.values() ?? []),
];

export const allInstances = (state: AppsState): Iterable<Instance> => state.instances.values();

/** One entry for each check of the app that has spoken; empty without checks. */
export const instanceChecks = (state: AppsState, id: TaskId): readonly CheckHealth[] =>
  state.health.get(id)?.checks ?? [];

/** Undefined: some checks have not spoken yet, or there are none. */
export function instanceHealthy(state: AppsState, instance: Instance): boolean | undefined {
  const definition = definitionOf(state, instance);
  if ((definition?.healthChecks.length ?? 0) === 0) return undefined;
  return healthOf(definition, state.health.get(instance.taskId));
}

/** The newest first. */
export const appVersions = (state: AppsState, id: AppId): readonly VersionId[] =>
  [...(state.versions.get(id)?.keys() ?? [])].sort().reverse();

export const appAtVersion = (state: AppsState, id: AppId, version: VersionId): App | undefined =>
  state.versions.get(id)?.get(version);

export const deployments = (state: AppsState): readonly Deployment[] =>
  [...state.deployments.values()].sort(
    (a, b) => a.startedAtMs - b.startedAtMs || (a.deploymentId < b.deploymentId ? -1 : 1),
  );

export const subscribedAs = (state: AppsState): FrameworkId | undefined => state.frameworkId;

/** An app that misses instances, or whose launches are delayed. */
export type QueueItem = {
  readonly app: App;
  readonly count: number;
  readonly sinceMs: number;
  readonly delay: LaunchDelay | undefined;
  readonly report: PlacementReport | undefined;
};

export function queue(state: AppsState): readonly QueueItem[] {
  return [...state.demands.values()].flatMap((demand) => queueItem(state, demand) ?? []);
}

function queueItem(state: AppsState, { appId, count, sinceMs }: Demand): QueueItem | undefined {
  const app = state.apps.get(appId);
  if (app === undefined) return undefined;
  return { app, count, sinceMs, delay: state.delays.get(appId), report: state.reports.get(appId) };
}
