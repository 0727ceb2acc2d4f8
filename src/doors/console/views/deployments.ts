/**
 * Deployments as pages show them: the steps, where they are, and what they wait for.
 */

import { deploymentWaits } from "#core/apps/deployment-waits.ts";
import type { AppsState } from "#core/apps/state.ts";
import { deployments } from "#core/apps/views.ts";
import { type Deployment, deployedBy } from "#model/deployment.ts";
import type { DeploymentView } from "#wire/unum/console/services.ts";

export const viewDeployment = (apps: AppsState, deployment: Deployment, nowMs: number): DeploymentView => ({
  id: deployment.deploymentId,
  startedAtMs: deployment.startedAtMs,
  deadlineAtMs: deployment.deadlineAtMs ?? null,
  currentStep: deployment.currentStep,
  steps: deployment.steps.map(({ actions }) => ({
    actions: actions.map(({ action, appId }) => ({ action, service: appId })),
  })),
  services: deployedBy(deployment),
  waits: deploymentWaits(apps, deployment, nowMs).map(({ appId, what, count, sinceMs, sentence }) => ({
    service: appId,
    what,
    count,
    sinceMs: sinceMs ?? null,
    text: withoutTime(sentence),
  })),
});

/** How long it waits the page counts itself: a text that changes every second would be sent every second. */
const withoutTime = (sentence: string): string => sentence.replace(/, for \d+ s\b/, "");

export const viewDeployments = (apps: AppsState, nowMs: number, group: string): readonly DeploymentView[] =>
  deployments(apps)
    .filter((deployment) => deployedBy(deployment).some((id) => group === "/" || id.startsWith(`${group}/`)))
    .slice(0, 50)
    .map((deployment) => viewDeployment(apps, deployment, nowMs));
