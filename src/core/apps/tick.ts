/**
 * The tick: looks after what is due, compares the apps that something happened to with what is wanted,
 * moves their deployments on, and tells the master whether offers are wanted.
 */

import { unreachable } from "#base/assert.ts";
import type { Deployment } from "#model/deployment.ts";
import type { DeploymentId } from "#model/ids.ts";
import { lookAfterDelay } from "./backoff.ts";
import { lookAfterBerth } from "./berths.ts";
import { lookAfterCheck } from "./checks.ts";
import { lookAfterDeadline } from "./deployment-commands.ts";
import { advanceDeployment } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import { lookAfterInstance } from "./instances.ts";
import { planApp } from "./plan.ts";
import { lookAfterReadiness } from "./readiness.ts";
import { reconcileAgain } from "./reconcile.ts";
import type { Matter } from "./records.ts";
import { type AppsState, appsToPlan } from "./state.ts";
import { lookAfterSubscription, settleOffers } from "./subscription.ts";
import { killNoted } from "./task-commands.ts";
import { noteNews, tellWaits } from "./wait-news.ts";

export function tick(draft: Draft): void {
  const { state, nowMs } = draft;
  const due = state.deadlines.due(nowMs);
  const overdue = overdueDeployment(state, due);
  // A decision of its own, from what is stored: all else is due still, and comes with the next tick.
  if (overdue !== undefined) return lookAfterDeadline(draft, overdue);
  killNoted(draft);
  const apps = new Set(appsToPlan(state, nowMs));
  for (const id of due) {
    const matter = state.timers.get(id)?.matter;
    if (matter === undefined) continue;
    // What is left over is still due, and looked after in the next tick.
    if (draft.isFull) break;
    // Time alone can change what an instance counts for, when it is unreachable.
    const owner = matter.what === "instance" ? draft.instance(matter.taskId)?.appId : undefined;
    if (owner !== undefined) apps.add(owner);
    lookAfter(draft, matter);
  }
  const deployments = new Map<DeploymentId, Deployment>();
  for (const id of apps) {
    if (draft.isFull) break;
    planApp(draft, id);
    const deployment = draft.deploymentOf(id);
    if (deployment !== undefined) deployments.set(deployment.deploymentId, deployment);
    for (const waiting of state.awaitedBy.get(id) ?? []) {
      const other = draft.deployment(waiting);
      if (other !== undefined) deployments.set(waiting, other);
    }
  }
  for (const [id, deployment] of deployments) {
    advanceDeployment(draft, deployment);
    noteNews(draft, id);
  }
  settleOffers(draft);
}

function overdueDeployment(state: AppsState, due: readonly string[]): DeploymentId | undefined {
  for (const id of due) {
    const matter = state.timers.get(id)?.matter;
    if (matter?.what === "deployment") return matter.deploymentId;
  }
  return undefined;
}

function lookAfter(draft: Draft, matter: Matter): void {
  switch (matter.what) {
    case "instance": {
      const instance = draft.instance(matter.taskId);
      return instance === undefined ? draft.setTimer(matter, undefined) : lookAfterInstance(draft, instance);
    }
    case "check":
      return lookAfterCheck(draft, matter.taskId, matter.index);
    case "readiness":
      return lookAfterReadiness(draft, matter.taskId);
    case "delay":
      return lookAfterDelay(draft, matter.appId);
    case "deployment":
      // Looked after before all others.
      return;
    case "waits":
      return tellWaits(draft, matter.deploymentId);
    case "berth":
      return lookAfterBerth(draft, matter.berthId);
    case "subscribe":
      return lookAfterSubscription(draft);
    case "reconcile":
      return reconcileAgain(draft);
    case "revive":
      // Settled below; if it is still too early, a new time is set.
      return draft.setTimer(matter, undefined);
    default:
      unreachable(matter);
  }
}
