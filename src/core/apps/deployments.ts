/**
 * Deployments: made from changes, moved on from step to step, ended.
 *
 * A deployment holds no work of its own: what to do follows from what the apps are to be (`plan.ts`). It
 * says in which order, locks its apps, and knows when it is done: every wanted instance runs the current
 * configuration and is healthy, and no other is left.
 */

import { unreachable } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { Service } from "#model/app.ts";
import type { Deployment, DeploymentAction, DeploymentTask } from "#model/deployment.ts";
import { type AppId, type DeploymentId, deploymentId, type VersionId } from "#model/ids.ts";
import { isPodService } from "#model/pod.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { forgetDelay } from "./backoff.ts";
import { deploymentSteps, type StepChange } from "./deployment-steps.ts";
import type { Draft } from "./draft.ts";
import { countedInstances, toMember } from "./plan.ts";
import { beforeRowId } from "./records.ts";
import { isCurrent } from "./state.ts";
import { forgetNews } from "./wait-news.ts";

/** An app as it was and as it is to be; undefined: not there. */
export type AppChange = {
  readonly id: AppId;
  readonly before: Service | undefined;
  readonly after: Service | undefined;
};

export type StartOptions = {
  /** 1 for those that depend on nobody. */
  readonly layerOf: (id: AppId) => number;
  readonly deadlineMs?: number | undefined;
  readonly groupsBefore?: NonNullable<Deployment["groupsBefore"]>;
};

/**
 * Stores the deployment for the changes; without changes it is done as soon as it began. Each app as it was
 * is a row of its own.
 */
export function startDeployment(
  draft: Draft,
  version: VersionId,
  changes: readonly AppChange[],
  { layerOf, deadlineMs, groupsBefore = [] }: StartOptions = { layerOf: () => 1 },
): DeploymentId | Rejection {
  const how = changes.map((change) => ({
    id: change.id,
    how: howOf(draft, change),
    isPod: [change.after ?? change.before].some((service) => service !== undefined && isPodService(service)),
  }));
  const id = deploymentId(draft.chance.uuid());
  const deployment: Deployment = {
    deploymentId: id,
    version,
    startedAtMs: draft.nowMs,
    steps: deploymentSteps(how, layerOf),
    currentStep: 0,
    ...(deadlineMs === undefined ? {} : { deadlineAtMs: draft.nowMs + deadlineMs }),
    ...(groupsBefore.length === 0 ? {} : { groupsBefore }),
  };
  let characters = 0;
  for (const { before } of changes) characters += before === undefined ? 0 : JSON.stringify(before).length;
  if (
    characters > limits.charactersPerChangeMax ||
    JSON.stringify(deployment).length > limits.storeRowBytesMax
  ) {
    return reject(
      "invalid",
      `The ${changes.length} apps are together too large to be changed in one deployment; change fewer at once.`,
    );
  }
  draft.publish({ type: "deployment-started", deployment });
  if (deployment.steps.length === 0) {
    draft.publish({ type: "deployment-success", deployment });
    return id;
  }
  draft.put({ kind: "deployment", id, value: deployment });
  for (const { id: owner, before } of changes)
    draft.put({ kind: "deployment-before", id: beforeRowId(id, owner), value: { service: before ?? null } });
  if (deployment.deadlineAtMs !== undefined)
    draft.setTimer({ what: "deployment", deploymentId: id }, deployment.deadlineAtMs);
  draft.publish({ type: "deployment-step", deployment, outcome: "started" });
  return id;
}

/** Instances of an older configuration are replaced, whoever left them behind. */
function howOf(draft: Draft, { id, before, after }: AppChange): StepChange["how"] {
  if (after === undefined) return "removed";
  if (before === undefined) return "new";
  if (after.definition.instances === 0) return "scaled";
  // Also when none is there now: until its step comes it is kept up as it was.
  if (before.definition.instances > 0 && before.lastConfigChangeAt !== after.lastConfigChangeAt)
    return "replaced";
  return draft.instancesOf(id).every((instance) => isCurrent(after, instance)) ? "scaled" : "replaced";
}

/** Ends it where it stands; what it has done so far stays. */
export function cancelDeployment(draft: Draft, deployment: Deployment, reason: string): void {
  forgetDeployment(draft, deployment);
  draft.publish({ type: "deployment-failed", deployment, reason });
}

function forgetDeployment(draft: Draft, { deploymentId: id }: Deployment): void {
  draft.put({ kind: "deployment", id, value: undefined });
  draft.setTimer({ what: "deployment", deploymentId: id }, undefined);
  forgetNews(draft, id);
  for (const owner of draft.state.before.get(id)?.keys() ?? [])
    draft.put({ kind: "deployment-before", id: beforeRowId(id, owner), value: undefined });
}

/**
 * Leaves the apps to a newer deployment. What it would have done to others afterwards waits until that one is
 * done with them; if there is nothing left for it to do, it ends.
 */
export function handOver(draft: Draft, deployment: Deployment, apps: ReadonlySet<AppId>): void {
  const { deploymentId: id } = deployment;
  const steps = deployment.steps.map(({ actions }) => ({
    actions: actions.map((task) => (apps.has(task.appId) ? { ...task, takenOver: true as const } : task)),
  }));
  const left: Deployment = { ...deployment, steps };
  if (!left.steps.slice(left.currentStep).some(({ actions }) => actions.some((task) => !task.takenOver)))
    return cancelDeployment(draft, deployment, "superseded by a newer definition");
  draft.put({ kind: "deployment", id, value: left });
  for (const owner of apps)
    draft.put({ kind: "deployment-before", id: beforeRowId(id, owner), value: undefined });
}

/** Moves the deployment on by the steps that are done. */
export function advanceDeployment(draft: Draft, deployment: Deployment): void {
  let current = deployment;
  for (;;) {
    const step = current.steps[current.currentStep];
    if (step === undefined || !step.actions.every((task) => isTaskDone(draft, deployment, task))) break;
    draft.publish({ type: "deployment-step", deployment: current, outcome: "success" });
    for (const { action, appId, takenOver } of step.actions) {
      if (action === "stop" && takenOver === undefined) draft.publish({ type: "app-terminated", appId });
    }
    current = { ...current, currentStep: current.currentStep + 1 };
    const next = current.steps[current.currentStep];
    if (next === undefined) continue;
    draft.publish({ type: "deployment-step", deployment: current, outcome: "started" });
    // What failed while it waited was what it is no longer to be.
    for (const { action, appId, takenOver } of next.actions)
      if (action === "restart" && takenOver === undefined) forgetDelay(draft, appId);
  }
  if (current === deployment) return;
  const done = current.currentStep >= current.steps.length;
  if (done) forgetDeployment(draft, deployment);
  else draft.put({ kind: "deployment", id: deployment.deploymentId, value: current });
  if (done) draft.publish({ type: "deployment-success", deployment: current });
}

/** What a newer deployment took over is done when nobody works on it any more. */
function isTaskDone(
  draft: Draft,
  deployment: Deployment,
  { action, appId, takenOver }: DeploymentTask,
): boolean {
  if (takenOver === undefined) return isDone(draft, action, appId);
  const other = draft.deploymentOf(appId);
  return other === undefined || other.deploymentId === deployment.deploymentId;
}

function isDone(draft: Draft, action: DeploymentAction, id: AppId): boolean {
  const app = draft.service(id);
  switch (action) {
    case "start":
      return true;
    case "stop":
      return draft.instancesOf(id).length === 0;
    case "scale":
    case "restart": {
      if (app === undefined) return true;
      const instances = countedInstances(draft, id);
      if (instances.length !== app.definition.instances) return false;
      return instances.every((instance) => {
        const { ready, current } = toMember(draft, app, instance);
        return ready && (action === "scale" || current);
      });
    }
    default:
      return unreachable(action);
  }
}
