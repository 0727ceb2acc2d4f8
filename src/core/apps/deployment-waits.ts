/**
 * What a deployment is waiting for, in words and with the time it has waited: no deployment hangs in silence.
 */

import { limits } from "#base/limits.ts";
import type { Service } from "#model/app.ts";
import type { Deployment, DeploymentWait } from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { summariseRefusals } from "#model/reason.ts";
import { healthOf } from "./condition.ts";
import { isReady } from "./readiness.ts";
import { type AppsState, definitionOf, isCurrent, serviceOf } from "./state.ts";

/**
 * One for each thing that the current step waits for, with a sentence such as
 * `/web: 2 instances wait for a place, for 12 s (3 agents: cpus, short by 0.4)`. Of many, only some are told.
 */
export function deploymentWaits(
  state: AppsState,
  deployment: Deployment,
  nowMs: number,
): readonly DeploymentWait[] {
  const told: DeploymentWait[] = [];
  for (const { action, appId, takenOver } of deployment.steps[deployment.currentStep]?.actions ?? []) {
    if (told.length >= limits.deploymentWaitsMax) break;
    if (action === "start") continue;
    const waits = takenOver ? waitsForOther(state, deployment, appId) : waitsOf(state, appId, nowMs);
    for (const wait of waits) told.push({ ...wait, appId, sentence: `${appId}: ${wait.sentence}` });
  }
  return told;
}

type Wait = Omit<DeploymentWait, "appId">;

function waitsForOther(state: AppsState, { deploymentId }: Deployment, id: AppId): readonly Wait[] {
  const other = state.deployments.get(state.lockedBy.get(id) ?? deploymentId);
  if (other === undefined || other.deploymentId === deploymentId) return [];
  const sentence = `a newer deployment, ${other.deploymentId}, has taken it over and is not done`;
  const count = serviceOf(state, id)?.definition.instances ?? 0;
  return [{ what: "other-deployment", count, sinceMs: other.startedAtMs, sentence }];
}

function waitsOf(state: AppsState, id: AppId, nowMs: number): readonly Wait[] {
  const app = serviceOf(state, id);
  const instances = [...(state.instancesByApp.get(id)?.values() ?? [])];
  const ending = instances.filter(({ killing }) => killing !== undefined);
  const others = instances.filter(({ killing }) => killing === undefined);
  const old = app === undefined ? [] : others.filter((instance) => !isCurrent(app, instance));
  const current = app === undefined ? [] : others.filter((instance) => isCurrent(app, instance));
  const starting = current.filter((instance) => instance.state !== "running");
  const running = current.filter((instance) => instance.state === "running");
  const unhealthy = running.filter((instance) => !isHealthy(state, instance));
  const unready = running.filter(
    (instance) => isHealthy(state, instance) && !isReady(instance, definitionOf(state, instance)),
  );
  return [
    ...launchWaits(state, app, nowMs),
    ...wait(starting, "running", ({ stagedAtMs }) => stagedAtMs, nowMs),
    ...wait(unhealthy, "healthy", ({ startedAtMs }) => startedAtMs, nowMs),
    ...wait(unready, "ready", ({ startedAtMs }) => startedAtMs, nowMs),
    ...wait(ending, "ended", ({ killing }) => killing?.sinceMs, nowMs),
    ...wait(old, "replaced", () => undefined, nowMs),
  ];
}

const words: Readonly<Record<"running" | "healthy" | "ready" | "ended" | "replaced", string>> = {
  running: "to run",
  healthy: "to be healthy",
  ready: "to be ready",
  ended: "to end",
  replaced: "to be replaced",
};

const isHealthy = (state: AppsState, instance: Instance): boolean =>
  healthOf(definitionOf(state, instance), state.health.get(instance.taskId)) === true;

function launchWaits(state: AppsState, app: Service | undefined, nowMs: number): readonly Wait[] {
  const demand = app && state.demands.get(app.definition.id);
  if (demand === undefined) return [];
  const { count, sinceMs } = demand;
  if (demand.notBeforeMs > nowMs) {
    const inMs = formatDuration(demand.notBeforeMs - nowMs);
    const sentence = `${countInstances(count)} will be launched in ${inMs}, after failures`;
    return [{ what: "back-off", count, sinceMs, sentence }];
  }
  const refusals = state.reports.get(demand.appId)?.refusedBy ?? [];
  const why = refusals.length === 0 ? "no offers yet" : summariseRefusals(refusals);
  const verb = count === 1 ? "waits" : "wait";
  const sentence = `${countInstances(count)} ${verb} for a place${sinceText(sinceMs, nowMs)} (${why})`;
  return [{ what: "place", count, sinceMs, sentence }];
}

function wait(
  instances: readonly Instance[],
  what: keyof typeof words,
  sinceOf: (instance: Instance) => number | undefined,
  nowMs: number,
): readonly Wait[] {
  if (instances.length === 0) return [];
  const count = instances.length;
  const times = instances.flatMap((instance) => sinceOf(instance) ?? []);
  const sinceMs = times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b), nowMs);
  const duration = sinceMs === undefined ? "" : sinceText(sinceMs, nowMs);
  const sentence = `${countInstances(count)} ${count === 1 ? "has" : "have"} ${words[what]}${duration}`;
  return [{ what, count, sinceMs, sentence }];
}

/** What has only just begun has no time yet that is worth a word. */
const sinceText = (sinceMs: number, nowMs: number): string =>
  nowMs - sinceMs < 500 ? "" : `, for ${formatDuration(nowMs - sinceMs)}`;

const countInstances = (count: number): string => `${count} ${count === 1 ? "instance" : "instances"}`;

function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
