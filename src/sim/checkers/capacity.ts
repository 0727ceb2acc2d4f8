/**
 * What upgrades promise: replacing instances never takes those that are ready below the minimum, launches never
 * make more than the maximum, and nothing of a deployment's later step is launched before that step.
 *
 * It sees what the app service believes: what agents lose behind its back it may only see later, and so here.
 */

import { isInactive } from "#core/apps/condition.ts";
import { type AppsState, definitionOf, isCurrent } from "#core/apps/state.ts";
import { capacityOf } from "#core/apps/upgrade.ts";
import { instanceHealthy } from "#core/apps/views.ts";
import type { Service } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, TaskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { isResident } from "#model/persistent-volume.ts";
import { healthChecksOf, isPod } from "#model/pod.ts";
import type { Checker, Report } from "./checker.ts";

type Look = {
  readonly known: ReadonlySet<TaskId>;
  readonly ready: ReadonlySet<TaskId>;
  readonly counted: ReadonlySet<TaskId>;
  readonly min: number;
  readonly max: number;
  /** Its deployment has not come to it: so many there were before, and so many are kept up. */
  readonly waits: boolean;
  readonly keeps: number;
};

type Seen = {
  /** Undefined while no master runs. */
  readonly apps: () => AppsState | undefined;
  readonly nowMs: () => number;
};

export function createCapacityChecker({ apps, nowMs }: Seen, report: Report): Checker {
  let before = new Map<AppId, Look>();
  /** Only the master's inputs change what is looked at. */
  let dirty = false;
  return {
    masterStarted() {
      before = new Map();
      dirty = true;
    },
    masterInput() {
      dirty = true;
    },
    afterEvent() {
      const state = apps();
      if (state === undefined || !dirty) return;
      dirty = false;
      const now = new Map<AppId, Look>();
      for (const [id, app] of [...state.apps, ...state.pods] as [AppId, Service][]) {
        const look = lookAt(state, app, nowMs());
        now.set(id, look);
        const earlier = before.get(id);
        if (earlier !== undefined) compare(state, app, earlier, look, report);
      }
      before = now;
    },
  };
}

function lookAt(state: AppsState, app: Service, nowMs: number): Look {
  const { id, instances: wanted, upgradeStrategy } = app.definition;
  const instances = [...(state.instancesByApp.get(id)?.values() ?? [])];
  const counted = instances.filter((one) => !isInactive(one, definitionOf(state, one), nowMs));
  const { min, max } = capacityOf(wanted, upgradeStrategy);
  const isTied = min === max;
  const comesBack = isResident(app.definition);
  const deployment = state.deployments.get(state.lockedBy.get(id) ?? ("" as never));
  return {
    known: new Set(instances.map(({ taskId }) => taskId)),
    ready: new Set(counted.filter((one) => isReady(state, app, one)).map(({ taskId }) => taskId)),
    counted: new Set(counted.map(({ taskId }) => taskId)),
    // One more than the maximum, when there is no other way to begin; one less, for those that come back to
    // their volumes.
    min: isTied && comesBack ? Math.max(0, max - 1) : min,
    max: Math.max(wanted, isTied && !comesBack ? max + 1 : max),
    waits: deployment !== undefined && waitsForStep(deployment, id),
    keeps: keptUp(state, deployment, id),
  };
}

const keptUp = (state: AppsState, deployment: Deployment | undefined, id: AppId): number =>
  deployment === undefined
    ? 0
    : (state.before.get(deployment.deploymentId)?.get(id)?.definition.instances ?? 0);

/** All that is to be done with it stands in later steps. */
const waitsForStep = ({ steps, currentStep }: Deployment, id: AppId): boolean =>
  !steps
    .slice(0, currentStep + 1)
    .some(({ actions }) => actions.some(({ appId, action }) => appId === id && action !== "start"));

function isReady(state: AppsState, app: Service, instance: Instance): boolean {
  if (instance.state !== "running" || instance.killing !== undefined) return false;
  const definition = definitionOf(state, instance);
  // What is replaced serves as it is.
  const isAsked = isCurrent(app, instance) && definition !== undefined && !isPod(definition);
  if (isAsked && definition.readinessChecks !== undefined && instance.readyAtMs === undefined) return false;
  const isChecked = definition !== undefined && healthChecksOf(definition).length > 0;
  return !isChecked || instanceHealthy(state, instance) === true;
}

function compare(state: AppsState, app: Service, before: Look, now: Look, report: Report): void {
  const { id } = app.definition;
  const instances = state.instancesByApp.get(id);
  const staged = [...now.counted].filter(
    (taskId) => !before.known.has(taskId) && instances?.get(taskId)?.state === "staging",
  );
  // Out of reach before, and back in the same batch as the launch, or behind it: nobody knew.
  const back = [...now.counted].filter((taskId) => !before.counted.has(taskId) && !staged.includes(taskId));
  const counted = now.counted.size - back.length;
  const launched = staged.filter((taskId) => isNew(instances?.get(taskId), app));
  const waits = before.waits || now.waits;
  if (!waits && launched.length > 0 && counted > Math.max(before.max, now.max))
    report(
      `app ${id} has ${now.counted.size} instances, and at most ${now.max} may be: ${launched.join()} is new`,
    );
  if (before.waits && now.waits && staged.length > 0 && counted > Math.max(before.keeps, now.keeps))
    report(`app ${id} launches ${staged.join()}, and its deployment is not there yet`);
  const gone = [...before.ready].filter((taskId) => !now.ready.has(taskId));
  // What fell ill in the same batch, before it was replaced, was lost.
  const isIll = (one: Instance | undefined): boolean =>
    one !== undefined && instanceHealthy(state, one) === false;
  const replaced = gone.filter((taskId) => {
    const one = instances?.get(taskId);
    return isReplaced(one) && !isIll(one);
  });
  const lost = gone.length - replaced.length;
  const min = Math.min(before.min, now.min);
  if (replaced.length > 0 && now.ready.size + lost < min)
    report(`app ${id}: ${replaced.join()} is replaced, ${now.ready.size} are left, and ${min} must be ready`);
}

const isNew = (instance: Instance | undefined, app: Service): boolean =>
  instance !== undefined && isCurrent(app, instance);

const isReplaced = (instance: Instance | undefined): boolean =>
  instance?.killing?.reason === "it is replaced by a newer version";
