/**
 * What the doors take out of the app service's state in one look: references to values, gathered, not copied.
 */

import { deploymentWaits } from "#core/apps/deployment-waits.ts";
import { type AppsState, definitionOf } from "#core/apps/state.ts";
import {
  allInstances,
  deployments,
  instanceChecks,
  instanceHealthy,
  instancesOf,
  queue,
} from "#core/apps/views.ts";
import type { App, AppDefinition } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, DeploymentId } from "#model/ids.ts";
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
  [...state.apps.values()].map((app) => viewOf(state, app));

export function viewApp(state: AppsState, id: AppId): AppView | undefined {
  const app = state.apps.get(id);
  return app === undefined ? undefined : viewOf(state, app);
}

function viewOf(state: AppsState, app: App): AppView {
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
  instancesOf(state, id).map((instance) => viewInstance(state, instance));

export const viewAllInstances = (state: AppsState): readonly InstanceView[] =>
  Array.from(allInstances(state), (instance) => viewInstance(state, instance));

export const viewInstance = (state: AppsState, instance: Instance): InstanceView => ({
  instance,
  definition: definitionOf(state, instance),
  checks: instanceChecks(state, instance.taskId),
  healthy: instanceHealthy(state, instance),
});

export type DeploymentView = {
  readonly deployment: Deployment;
  /** Sentences: what the current step waits for. */
  readonly waitingFor: readonly string[];
};

export const viewDeployments = (state: AppsState, nowMs: number): readonly DeploymentView[] =>
  deployments(state).map((deployment) => ({
    deployment,
    waitingFor: deploymentWaits(state, deployment, nowMs),
  }));

/** Apps that want more instances than they have, the longest waiting first. */
export const viewQueue = (state: AppsState, nowMs: number): readonly QueueEntry[] =>
  queue(state)
    .map(({ app, count, sinceMs, delay, report }) => ({
      app,
      count,
      sinceMs,
      delayLeftMs: Math.max(0, (delay?.untilMs ?? nowMs) - nowMs),
      offersSeen: report?.offersSeen ?? 0,
      offersUnused: report?.offersUnused ?? 0,
      lastUnusedAtMs: report?.lastUnusedAtMs,
      refusedBy: report?.refusedBy ?? [],
    }))
    .sort((left, right) => left.sinceMs - right.sinceMs);
