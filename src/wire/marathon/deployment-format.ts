/**
 * Deployments as Marathon shows them, and what each waits for, which Marathon does not show.
 */

import type { Deployment, DeploymentAction, DeploymentStep } from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";
import type { Json } from "./app-format.ts";

const actionNames: Readonly<Record<DeploymentAction, string>> = {
  start: "StartApplication",
  scale: "ScaleApplication",
  restart: "RestartApplication",
  stop: "StopApplication",
};

/**
 * An element of `GET /v2/deployments`. `waitingFor`: sentences; undefined leaves the member out, as some
 * clients break on members that they do not know.
 */
export function formatDeployment(deployment: Deployment, waitingFor: readonly string[] | undefined): Json {
  const current = deployment.steps[deployment.currentStep];
  return {
    id: deployment.deploymentId,
    version: deployment.version,
    affectedApps: affectedApps(deployment),
    affectedPods: [],
    steps: deployment.steps.map(formatStep),
    currentActions: (current?.actions ?? []).map(({ action, appId }) => ({
      action: actionNames[action],
      app: appId,
      readinessCheckResults: [],
    })),
    // Counted from 1; one more than there are steps when all are done.
    currentStep: deployment.currentStep + 1,
    totalSteps: deployment.steps.length,
    ...(waitingFor === undefined ? {} : { waitingFor }),
  };
}

/** As the events have it. */
export const formatPlan = (deployment: Deployment): Json => ({
  id: deployment.deploymentId,
  version: deployment.version,
  steps: deployment.steps.map(formatStep),
});

export const formatStep = (step: DeploymentStep): Json => ({
  actions: step.actions.map(({ action, appId }) => ({ action: actionNames[action], app: appId })),
});

export const affectedApps = (deployment: Deployment): readonly AppId[] => [
  ...new Set(deployment.steps.flatMap(({ actions }) => actions.map(({ appId }) => appId))),
];
