/**
 * Compares what an app's owner wants with what there is, and orders the difference.
 *
 * It is decided anew whenever something changed, from the state alone: no plan is carried along that could
 * become stale. Planning twice without a change in between orders nothing the second time.
 */

import type { App } from "#model/app.ts";
import type { Deployment, DeploymentAction } from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { healthOf, isInactive } from "./condition.ts";
import type { Draft } from "./draft.ts";
import { killInstance } from "./instances.ts";
import { inKillOrder } from "./kill-order.ts";
import type { Demand } from "./records.ts";
import { definitionOf, isCurrent } from "./state.ts";
import { type Member, planScale, planUpgrade } from "./upgrade.ts";

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
  const app = draft.app(id);
  if (app === undefined) return stopApp(draft, id);
  const { instances: wanted, killSelection, upgradeStrategy } = app.definition;
  const action = actionNow(draft.deploymentOf(id), id);
  if (action === "wait") return setDemand(draft, id, 0);
  const counted = countedInstances(draft, id);
  const upgrading = action === "restart" && counted.some((instance) => !isCurrent(app, instance));
  // The order takes time, and matters only if some are to go.
  const instances = upgrading || counted.length > wanted ? inKillOrder(counted, killSelection) : counted;
  const members = instances.map((instance) => toMember(draft, app, instance));
  const { kill, launch } = upgrading
    ? planUpgrade(wanted, upgradeStrategy, members)
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

function stopApp(draft: Draft, id: AppId): void {
  for (const instance of draft.instancesOf(id)) {
    if (instance.killing !== undefined || draft.isFull) continue;
    killInstance(draft, instance, "its app was removed");
  }
  setDemand(draft, id, 0);
}

/** What a deployment has in hand for the app: its step may still be to come. */
export function actionNow(
  deployment: Deployment | undefined,
  id: AppId,
): Exclude<DeploymentAction, "start"> | "none" | "wait" {
  if (deployment === undefined) return "none";
  let found: Exclude<DeploymentAction, "start"> | "none" | "wait" = "none";
  deployment.steps.forEach((step, index) => {
    for (const { action, appId } of step.actions) {
      if (appId !== id || action === "start") continue;
      found = index <= deployment.currentStep ? action : "wait";
    }
  });
  return found;
}

/** All but those that have been unreachable for so long that others take their place. */
export const countedInstances = (draft: Draft, id: AppId): readonly Instance[] =>
  draft
    .instancesOf(id)
    .filter((instance) => !isInactive(instance, definitionOf(draft.state, instance), draft.nowMs));

export function toMember(draft: Draft, app: App, instance: Instance): Member {
  const healthy = healthOf(definitionOf(draft.state, instance), draft.health(instance.taskId));
  const running = instance.state === "running";
  return {
    taskId: instance.taskId,
    current: isCurrent(app, instance),
    ready: running && instance.killing === undefined && healthy === true,
    unwell: !running || healthy === false,
    killing: instance.killing !== undefined,
  };
}

function setDemand(draft: Draft, id: AppId, count: number): void {
  const before = draft.demand(id);
  if (count === 0) {
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
