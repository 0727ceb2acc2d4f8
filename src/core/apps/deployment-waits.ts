/**
 * What a deployment is waiting for, in words and with the time it has waited: no deployment hangs in silence.
 */

import type { App } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { summariseRefusals } from "#model/reason.ts";
import { healthOf } from "./condition.ts";
import { type AppsState, definitionOf, isCurrent } from "./state.ts";

/** One sentence for each thing that the current step waits for, for example
 * `/web: 2 instances wait for a place, for 12 s (3 agents: cpus, short by 0.4)`. */
export function deploymentWaits(state: AppsState, deployment: Deployment, nowMs: number): readonly string[] {
  const step = deployment.steps[deployment.currentStep];
  return (step?.actions ?? []).flatMap(({ action, appId }) => {
    if (action === "start") return [];
    return waitsOf(state, appId, nowMs).map((wait) => `${appId}: ${wait}`);
  });
}

function waitsOf(state: AppsState, id: AppId, nowMs: number): readonly string[] {
  const app = state.apps.get(id);
  const instances = [...(state.instancesByApp.get(id)?.values() ?? [])];
  const ending = instances.filter(({ killing }) => killing !== undefined);
  const others = instances.filter(({ killing }) => killing === undefined);
  const old = app === undefined ? [] : others.filter((instance) => !isCurrent(app, instance));
  const current = app === undefined ? [] : others.filter((instance) => isCurrent(app, instance));
  const starting = current.filter((instance) => instance.state !== "running");
  const unhealthy = current.filter((instance) => instance.state === "running" && !isHealthy(state, instance));
  return [
    ...launchWaits(state, app, nowMs),
    ...wait(starting, "to run", ({ stagedAtMs }) => stagedAtMs, nowMs),
    ...wait(unhealthy, "to be healthy", ({ startedAtMs }) => startedAtMs, nowMs),
    ...wait(ending, "to end", ({ killing }) => killing?.sinceMs, nowMs),
    ...wait(old, "to be replaced", () => undefined, nowMs),
  ];
}

const isHealthy = (state: AppsState, instance: Instance): boolean =>
  healthOf(definitionOf(state, instance), state.health.get(instance.taskId)) === true;

function launchWaits(state: AppsState, app: App | undefined, nowMs: number): readonly string[] {
  const demand = app && state.demands.get(app.definition.id);
  if (demand === undefined) return [];
  const count = countInstances(demand.count);
  if (demand.notBeforeMs > nowMs) {
    return [`${count} will be launched in ${formatDuration(demand.notBeforeMs - nowMs)}, after failures`];
  }
  const refusals = state.reports.get(demand.appId)?.refusedBy ?? [];
  const why = refusals.length === 0 ? "no offers yet" : summariseRefusals(refusals);
  return [
    `${count} ${demand.count === 1 ? "waits" : "wait"} for a place, for ${formatDuration(nowMs - demand.sinceMs)} (${why})`,
  ];
}

function wait(
  instances: readonly Instance[],
  what: string,
  sinceOf: (instance: Instance) => number | undefined,
  nowMs: number,
): readonly string[] {
  if (instances.length === 0) return [];
  const sinceMs = instances.reduce(
    (earliest, instance) => Math.min(earliest, sinceOf(instance) ?? nowMs),
    nowMs,
  );
  const duration = sinceMs === nowMs ? "" : `, for ${formatDuration(nowMs - sinceMs)}`;
  return [
    `${countInstances(instances.length)} ${instances.length === 1 ? "has" : "have"} ${what}${duration}`,
  ];
}

const countInstances = (count: number): string => `${count} ${count === 1 ? "instance" : "instances"}`;

function formatDuration(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
