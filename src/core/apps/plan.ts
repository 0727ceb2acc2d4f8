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

/** Tells whether there was anything to order. */
export function planApp(draft: Draft, id: AppId): boolean {
  const sizeBefore = draft.size;
  const app = draft.app(id);
  if (app === undefined) stopApp(draft, id);
  else pursueApp(draft, app);
  return draft.size > sizeBefore;
}

function stopApp(draft: Draft, id: AppId): void {
  for (const instance of draft.instancesOf(id)) {
    if (instance.killing === undefined) killInstance(draft, instance, "its app was removed");
  }
  setDemand(draft, id, 0);
}

function pursueApp(draft: Draft, app: App): void {
  const { id, instances: wanted, killSelection, upgradeStrategy } = app.definition;
  const action = actionNow(draft.deploymentOf(id), id);
  if (action === "wait") return setDemand(draft, id, 0);
  const instances = countedInstances(draft, id);
  const members = inKillOrder(instances, killSelection).map((instance) => toMember(draft, app, instance));
  const upgrading = action === "restart" && members.some((member) => !member.current);
  const { kill, launch } = upgrading
    ? planUpgrade(wanted, upgradeStrategy, members)
    : planScale(wanted, members);
  for (const taskId of kill) {
    const instance = draft.instance(taskId);
    if (instance === undefined) continue;
    const old = upgrading && !isCurrent(app, instance);
    killInstance(
      draft,
      instance,
      old ? "it is replaced by a newer version" : "the app has more instances than wanted",
    );
  }
  setDemand(draft, id, launch);
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
