/**
 * Deployments as Marathon shows them, and what each waits for, which Marathon does not show.
 */

import { formatTime } from "#base/time-text.ts";
import type {
  Deployment,
  DeploymentAction,
  DeploymentStep,
  DeploymentTask,
  DeploymentWait,
} from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";
import type { Json } from "./app-format.ts";

const actionNames: Readonly<Record<DeploymentAction, string>> = {
  start: "StartApplication",
  scale: "ScaleApplication",
  restart: "RestartApplication",
  stop: "StopApplication",
};

/** Members of ours that a client asked for: others break some that do not know them. */
export type DeploymentExtras = {
  readonly waitingFor?: readonly string[] | undefined;
  readonly waits?: readonly DeploymentWait[] | undefined;
  /** Of apps with readiness checks, as far as their new instances were asked. */
  readonly readiness?: ReadonlyMap<AppId, readonly Json[]> | undefined;
};

/** An element of `GET /v2/deployments`. */
export function formatDeployment(deployment: Deployment, extras: DeploymentExtras = {}): Json {
  const current = deployment.steps[deployment.currentStep];
  const { waitingFor, waits, readiness } = extras;
  return {
    id: deployment.deploymentId,
    version: deployment.version,
    affectedApps: affectedApps(deployment),
    affectedPods: affected(deployment, true),
    steps: deployment.steps.map(formatStep),
    currentActions: (current?.actions ?? [])
      .filter(isOwn)
      .map((task) => ({ ...formatTask(task), readinessCheckResults: readiness?.get(task.appId) ?? [] })),
    // Counted from 1; one more than there are steps when all are done.
    currentStep: deployment.currentStep + 1,
    totalSteps: deployment.steps.length,
    ...(waitingFor === undefined ? {} : { waitingFor }),
    ...(waits === undefined ? {} : { waits: waits.map(formatWait), ...deadlineOf(deployment) }),
  };
}

const deadlineOf = ({ deadlineAtMs }: Deployment): Json =>
  deadlineAtMs === undefined ? {} : { deadline: formatTime(deadlineAtMs) };

export const formatWait = ({ appId, what, count, sinceMs, sentence }: DeploymentWait): Json => ({
  app: appId,
  what,
  count,
  ...(sinceMs === undefined ? {} : { since: formatTime(sinceMs) }),
  text: sentence,
});

/** As the events have it. */
export const formatPlan = (deployment: Deployment): Json => ({
  id: deployment.deploymentId,
  version: deployment.version,
  steps: deployment.steps.map(formatStep),
});

export const formatStep = (step: DeploymentStep): Json => ({ actions: step.actions.map(formatTask) });

const formatTask = ({ action, appId, isPod }: DeploymentTask): Json => ({
  action: actionNames[action],
  [isPod === true ? "pod" : "app"]: appId,
});

const isOwn = ({ takenOver }: DeploymentTask): boolean => takenOver === undefined;

/** Those that a newer deployment has taken over are no longer its affair. */
export const affectedApps = (deployment: Deployment): readonly AppId[] => affected(deployment, false);

const affected = (deployment: Deployment, arePods: boolean): readonly AppId[] => [
  ...new Set(
    deployment.steps
      .flatMap(({ actions }) => actions)
      .filter((task) => isOwn(task) && (task.isPod === true) === arePods)
      .map(({ appId }) => appId),
  ),
];
