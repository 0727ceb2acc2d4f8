/**
 * Deployments: made from changes, moved on from step to step, ended.
 *
 * A deployment holds no work of its own: what to do follows from what the apps are to be (`plan.ts`). It
 * says in which order, locks its apps, and knows when it is done: every wanted instance runs the current
 * configuration and is healthy, and no other is left.
 */

import { unreachable } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { App } from "#model/app.ts";
import type { Deployment, DeploymentAction, DeploymentStep } from "#model/deployment.ts";
import { type AppId, type DeploymentId, deploymentId, type VersionId } from "#model/ids.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { countedInstances, toMember } from "./plan.ts";
import { isCurrent } from "./state.ts";

/** An app as it was and as it is to be; undefined: not there. */
export type AppChange = {
  readonly id: AppId;
  readonly before: App | undefined;
  readonly after: App | undefined;
};

/**
 * Stores the deployment for the changes; without changes it is done as soon as it began. It remembers every
 * app as it was, so there is a bound on how much may change at once.
 */
export function startDeployment(
  draft: Draft,
  version: VersionId,
  changes: readonly AppChange[],
): DeploymentId | Rejection {
  const deployment: Deployment = {
    deploymentId: deploymentId(draft.chance.uuid()),
    version,
    startedAtMs: draft.nowMs,
    steps: stepsOf(draft, changes),
    currentStep: 0,
    before: changes.map(({ id, before }) => ({ appId: id, app: before ?? null })),
  };
  if (JSON.stringify(deployment).length > limits.storeRowBytesMax) {
    return reject(
      "invalid",
      `The ${changes.length} apps are together too large to be changed in one deployment; change fewer at once.`,
    );
  }
  draft.publish({ type: "deployment-started", deployment });
  if (deployment.steps.length === 0) draft.publish({ type: "deployment-success", deployment });
  else {
    draft.put({ kind: "deployment", id: deployment.deploymentId, value: deployment });
    draft.publish({ type: "deployment-step", deployment, outcome: "started" });
  }
  return deployment.deploymentId;
}

function stepsOf(draft: Draft, changes: readonly AppChange[]): readonly DeploymentStep[] {
  const step = (chosen: readonly AppChange[], action: (change: AppChange) => DeploymentAction) => ({
    actions: chosen.map((change) => ({ action: action(change), appId: change.id })),
  });
  const kept = changes.filter(({ after }) => after !== undefined);
  return [
    step(
      changes.filter(({ after }) => after === undefined),
      () => "stop",
    ),
    step(
      kept.filter(({ before }) => before === undefined),
      () => "start",
    ),
    step(kept, (change) => actionOf(draft, change)),
  ].filter(({ actions }) => actions.length > 0);
}

/** Instances of an older configuration are replaced, whoever left them behind. */
function actionOf(draft: Draft, { id, after }: AppChange): DeploymentAction {
  if (after === undefined || after.definition.instances === 0) return "scale";
  return draft.instancesOf(id).every((instance) => isCurrent(after, instance)) ? "scale" : "restart";
}

/** Ends it where it stands; what it has done so far stays. */
export function cancelDeployment(draft: Draft, deployment: Deployment, reason: string): void {
  draft.put({ kind: "deployment", id: deployment.deploymentId, value: undefined });
  draft.publish({ type: "deployment-failed", deployment, reason });
}

/** Moves the deployment on by the steps that are done. */
export function advanceDeployment(draft: Draft, deployment: Deployment): void {
  let current = deployment;
  for (;;) {
    const step = current.steps[current.currentStep];
    if (step === undefined || !step.actions.every(({ action, appId }) => isDone(draft, action, appId))) break;
    draft.publish({ type: "deployment-step", deployment: current, outcome: "success" });
    for (const { action, appId } of step.actions) {
      if (action === "stop") draft.publish({ type: "app-terminated", appId });
    }
    current = { ...current, currentStep: current.currentStep + 1 };
    if (current.currentStep < current.steps.length) {
      draft.publish({ type: "deployment-step", deployment: current, outcome: "started" });
    }
  }
  if (current === deployment) return;
  const done = current.currentStep >= current.steps.length;
  draft.put({ kind: "deployment", id: deployment.deploymentId, value: done ? undefined : current });
  if (done) draft.publish({ type: "deployment-success", deployment: current });
}

function isDone(draft: Draft, action: DeploymentAction, id: AppId): boolean {
  const app = draft.app(id);
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
