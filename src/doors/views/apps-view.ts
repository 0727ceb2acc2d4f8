/**
 * What the doors take out of the app service's state in one look: references to values, gathered, not copied.
 */

import { deploymentWaits } from "#core/apps/deployment-waits.ts";
import { type AppsState, definitionOf } from "#core/apps/state.ts";
import type { InstanceHealth } from "#core/apps/types.ts";
import {
  allInstances,
  deployments,
  instanceChecks,
  instanceHealthy,
  instancesOf,
  queue,
} from "#core/apps/views.ts";
import type { App, AppDefinition } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import type { Deployment, DeploymentWait } from "#model/deployment.ts";
import type { AppId, DeploymentId } from "#model/ids.ts";
import { type CheckHealth, type Instance, instanceIdOf, type TaskFailure } from "#model/instance.ts";
import { isPod } from "#model/pod.ts";
import type { QueueEntry } from "#wire/marathon/queue-format.ts";

export type InstanceView = {
  readonly instance: Instance;
  /** What it was launched from. */
  readonly definition: AppDefinition | undefined;
  readonly checks: readonly CheckHealth[];
  /** Undefined without checks, and until they have spoken. */
  readonly healthy: boolean | undefined;
  /** What else is known of how it does. */
  readonly known: InstanceHealth | undefined;
  /** What it has reserved, if it has volumes. */
  readonly berth: Berth | undefined;
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

function appDefinitionOf(state: AppsState, instance: Instance): AppDefinition | undefined {
  const definition = definitionOf(state, instance);
  return definition === undefined || isPod(definition) ? undefined : definition;
}

export const viewInstance = (state: AppsState, instance: Instance): InstanceView => ({
  instance,
  definition: appDefinitionOf(state, instance),
  checks: instanceChecks(state, instance.taskId),
  healthy: instanceHealthy(state, instance),
  known: state.health.get(instance.taskId),
  berth: state.berths.get(instanceIdOf(instance)),
});

export type DeploymentView = {
  readonly deployment: Deployment;
  /** What the current step waits for. */
  readonly waits: readonly DeploymentWait[];
  /** The same in sentences. */
  readonly waitingFor: readonly string[];
  readonly asked: ReadonlyMap<AppId, readonly InstanceView[]>;
};

export const viewDeployments = (state: AppsState, nowMs: number): readonly DeploymentView[] =>
  deployments(state).map((deployment) => viewDeployment(state, deployment, nowMs));

export function viewDeployment(state: AppsState, deployment: Deployment, nowMs: number): DeploymentView {
  const waits = deploymentWaits(state, deployment, nowMs);
  return {
    deployment,
    waits,
    waitingFor: waits.map(({ sentence }) => sentence),
    asked: askedInstances(state, deployment),
  };
}

/** By app: the instances that its readiness check was made for, of those that the current step is about. */
function askedInstances(
  state: AppsState,
  { steps, currentStep }: Deployment,
): ReadonlyMap<AppId, readonly InstanceView[]> {
  const asked = new Map<AppId, readonly InstanceView[]>();
  for (const { appId } of steps[currentStep]?.actions ?? []) {
    if (state.apps.get(appId)?.definition.readinessChecks === undefined) continue;
    asked.set(appId, viewInstances(state, appId));
  }
  return asked;
}

/** Apps that want more instances than they have, the longest waiting first. */
export const viewQueue = (state: AppsState, nowMs: number): readonly QueueEntry[] =>
  queue(state)
    .map(({ service, count, sinceMs, delay, report }) => ({
      service,
      count,
      sinceMs,
      delayLeftMs: Math.max(0, (delay?.untilMs ?? nowMs) - nowMs),
      offersSeen: report?.offersSeen ?? 0,
      offersUnused: report?.offersUnused ?? 0,
      lastUnusedAtMs: report?.lastUnusedAtMs,
      refusedBy: report?.refusedBy ?? [],
    }))
    .sort((left, right) => left.sinceMs - right.sinceMs);
