/**
 * Compares what an app's owner wants with what there is, and orders the difference.
 *
 * It is decided anew whenever something changed, from the state alone: no plan is carried along that could
 * become stale. Planning twice without a change in between orders nothing the second time.
 */

import type { Service } from "#model/app.ts";
import type { Deployment, DeploymentAction } from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { isResident } from "#model/persistent-volume.ts";
import { healthOf, isInactive } from "./condition.ts";
import type { Draft } from "./draft.ts";
import { killInstance } from "./instances.ts";
import { inKillOrder } from "./kill-order.ts";
import { isReady } from "./readiness.ts";
import type { Demand } from "./records.ts";
import { definitionOf, isCurrent } from "./state.ts";
import { type Member, planScale, planUpgrade } from "./upgrade.ts";
import { forgetVacancies } from "./vacancies.ts";

/** Instances that a look takes a millisecond for, generously: a big app is not looked at all the time. */
const instancesPerMs = 100;

/** Orders what is missing, and notes that it was looked at. */
export function planApp(draft: Draft, id: AppId): void {
  const sizeBefore = draft.size;
  pursueApp(draft, id);
  // What is ordered now may call for more: the app is settled when a look at it orders nothing.
  const settled = draft.size === sizeBefore;
  const pauseMs = Math.floor((draft.state.instancesByApp.get(id)?.size ?? 0) / instancesPerMs);
  const notBeforeMs = pauseMs === 0 ? 0 : draft.nowMs + pauseMs;
  draft.put({ kind: "apps-planned", id, value: { settled, notBeforeMs } });
}

/** Orders what is missing. */
export function pursueApp(draft: Draft, id: AppId): void {
  const app = draft.service(id);
  if (app === undefined) return stopApp(draft, id);
  const { instances: wanted, upgradeStrategy } = app.definition;
  const action = actionNow(draft.deploymentOf(id), id);
  if (action === "wait") return keepUp(draft, id);
  const counted = countedInstances(draft, id);
  const upgrading = action === "restart" && counted.some((instance) => !isCurrent(app, instance));
  // The order takes time, and matters only if some are to go.
  const surplus = upgrading ? 0 : counted.length - wanted;
  const instances = upgrading || surplus > 0 ? inKillOrder(counted, app.definition, surplus) : counted;
  const members = instances.map((instance) => toMember(draft, app, instance));
  const { kill, launch } = upgrading
    ? planUpgrade(wanted, upgradeStrategy, members, isResident(app.definition))
    : planScale(wanted, members);
  for (const taskId of kill) {
    const instance = draft.instance(taskId);
    if (instance === undefined || draft.isFull) continue;
    const old = upgrading && !isCurrent(app, instance);
    const reason = old ? "it is replaced by a newer version" : "the app has more instances than wanted";
    killInstance(draft, instance, reason);
  }
  setDemand(draft, id, launch);
}

/** Its step is still to come: as many as there were before, in the version that they were. */
function keepUp(draft: Draft, id: AppId): void {
  const before = serviceNow(draft, id);
  const missing = (before?.definition.instances ?? 0) - countedInstances(draft, id).length;
  setDemand(draft, id, Math.max(0, missing));
}

/** What is to run at this moment: while a deployment has not come to the app, what it was before. */
export function serviceNow(draft: Draft, id: AppId): Service | undefined {
  const deployment = draft.deploymentOf(id);
  if (deployment === undefined || actionNow(deployment, id) !== "wait") return draft.service(id);
  return draft.before(deployment.deploymentId, id) ?? undefined;
}

function stopApp(draft: Draft, id: AppId): void {
  for (const instance of draft.instancesOf(id)) {
    if (instance.killing !== undefined || draft.isFull) continue;
    killInstance(draft, instance, "its app was removed");
  }
  setDemand(draft, id, 0);
}

type Hand = { readonly action: Exclude<DeploymentAction, "start">; readonly stepIndex: number };

/** Of each deployment, by app: it is asked about each of its apps, and may have thousands. */
const hands = new WeakMap<Deployment, ReadonlyMap<AppId, Hand>>();

function handsOf(deployment: Deployment): ReadonlyMap<AppId, Hand> {
  const known = hands.get(deployment);
  if (known !== undefined) return known;
  const found = new Map<AppId, Hand>();
  deployment.steps.forEach((step, stepIndex) => {
    for (const { action, appId } of step.actions) {
      if (action !== "start") found.set(appId, { action, stepIndex });
    }
  });
  hands.set(deployment, found);
  return found;
}

/** What a deployment has in hand for the app: its step may still be to come. */
export function actionNow(deployment: Deployment | undefined, id: AppId): Hand["action"] | "none" | "wait" {
  const hand = deployment && handsOf(deployment).get(id);
  if (deployment === undefined || hand === undefined) return "none";
  return hand.stepIndex <= deployment.currentStep ? hand.action : "wait";
}

/** All but those that have been unreachable for so long that others take their place. */
export const countedInstances = (draft: Draft, id: AppId): readonly Instance[] =>
  draft
    .instancesOf(id)
    .filter((instance) => !isInactive(instance, definitionOf(draft.state, instance), draft.nowMs));

export function toMember(draft: Draft, app: Service, instance: Instance): Member {
  const definition = definitionOf(draft.state, instance);
  const healthy = healthOf(definition, draft.health(instance.taskId));
  const running = instance.state === "running";
  const current = isCurrent(app, instance);
  // One that is replaced serves as it is: only what is new is waited for.
  const ready = !current || isReady(instance, definition);
  return {
    taskId: instance.taskId,
    current,
    ready: running && instance.killing === undefined && healthy === true && ready,
    unwell: !running || healthy === false,
    killing: instance.killing !== undefined || draft.state.doomed.has(instance.taskId),
  };
}

function setDemand(draft: Draft, id: AppId, count: number): void {
  const before = draft.demand(id);
  if (count === 0) {
    forgetVacancies(draft, id);
    if (before !== undefined) draft.put({ kind: "apps-demand", id, value: undefined });
    if (before !== undefined) draft.put({ kind: "placement-report", id, value: undefined });
    return;
  }
  const notBeforeMs = Math.max(0, draft.delay(id)?.untilMs ?? 0);
  if (before?.count === count && before.notBeforeMs === notBeforeMs) return;
  const demand: Demand = { appId: id, count, sinceMs: before?.sinceMs ?? draft.nowMs, notBeforeMs };
  draft.put({ kind: "apps-demand", id, value: demand });
}

export const isDue = (demand: Demand, nowMs: number): boolean => demand.notBeforeMs <= nowMs;
