/**
 * What the doors take out of the app service's state: references to values, gathered, never copied.
 */

import { healthOf } from "#core/apps/condition.ts";
import { type AppsState, definitionOf } from "#core/apps/state.ts";
import type { App, AppDefinition } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, DeploymentId, VersionId } from "#model/ids.ts";
import type { CheckHealth, Instance, TaskFailure } from "#model/instance.ts";
import type { QueueEntry } from "#wire/marathon/queue-format.ts";

export type InstanceView = {
  readonly instance: Instance;
  /** What it was launched from. */
  readonly definition: AppDefinition | undefined;
  readonly checks: readonly CheckHealth[];
  /** Undefined without checks, and until they have spoken. */
  readonly healthy: boolean | undefined;
};

export type AppView = {
  readonly app: App;
  readonly instances: readonly InstanceView[];
  readonly deploymentIds: readonly DeploymentId[];
  readonly failure: TaskFailure | undefined;
};

export const viewApps = (state: AppsState): readonly AppView[] =>
  [...state.apps.values()].map((app) => appViewOf(state, app));

export function viewApp(state: AppsState, id: AppId): AppView | undefined {
  const app = state.apps.get(id);
  return app === undefined ? undefined : appViewOf(state, app);
}

function appViewOf(state: AppsState, app: App): AppView {
  const { id } = app.definition;
  const lock = state.lockedBy.get(id);
  return {
    app,
    instances: viewInstances(state, id),
    deploymentIds: lock === undefined ? [] : [lock],
    failure: state.failures.get(id),
  };
}

export const viewInstances = (state: AppsState, id: AppId): readonly InstanceView[] =>
  [...(state.instancesByApp.get(id)?.values() ?? [])].map((instance) => viewInstance(state, instance));

export const viewAllInstances = (state: AppsState): readonly InstanceView[] =>
  [...state.instances.values()].map((instance) => viewInstance(state, instance));

export function viewInstance(state: AppsState, instance: Instance): InstanceView {
  const definition = definitionOf(state, instance);
  const health = state.health.get(instance.taskId);
  const hasChecks = (definition?.healthChecks.length ?? 0) > 0;
  return {
    instance,
    definition,
    checks: hasChecks ? (health?.checks ?? []) : [],
    healthy: hasChecks ? healthOf(definition, health) : undefined,
  };
}

export const viewVersions = (state: AppsState, id: AppId): ReadonlyMap<VersionId, App> =>
  new Map(state.versions.get(id) ?? []);

export const viewDeployments = (state: AppsState): readonly Deployment[] => [...state.deployments.values()];

/** Apps that want more instances than they have, the longest waiting first. */
export function viewQueue(state: AppsState, nowMs: number): readonly QueueEntry[] {
  const entries: QueueEntry[] = [];
  for (const { appId, count, sinceMs, notBeforeMs } of state.demands.values()) {
    const app = state.apps.get(appId);
    if (app === undefined || count === 0) continue;
    const report = state.reports.get(appId);
    entries.push({
      app,
      count,
      sinceMs,
      delayLeftMs: Math.max(0, notBeforeMs - nowMs),
      offersSeen: report?.offersSeen ?? 0,
      offersUnused: report?.offersUnused ?? 0,
      lastUnusedAtMs: report?.lastUnusedAtMs,
      refusedBy: report?.refusedBy ?? [],
    });
  }
  return entries.sort((left, right) => left.sinceMs - right.sinceMs);
}
