/**
 * Applies records to the app service's state: puts and deletes rows, and keeps the indexes in step.
 *
 * It never decides and never refuses; it must stand any order of rows, as at a restart.
 */

import { unreachable } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { App } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import { type AppId, appId, type DeploymentId, deploymentId, taskId, versionId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { type AppsRecord, matterId, type Planned, type Timer } from "./records.ts";
import type { AppsState } from "./state.ts";
import type { AppVersion, InstanceHealth } from "./types.ts";

export function apply(state: AppsState, record: AppsRecord): void {
  switch (record.kind) {
    case "apps-framework":
      state.frameworkId = record.value?.frameworkId;
      return;
    case "app":
      return applyApp(state, appId(record.id), record.value);
    case "app-version":
      return applyVersion(state, record.id, record.value);
    case "instance":
      return applyInstance(state, record.id, record.value);
    case "deployment":
      return applyDeployment(state, deploymentId(record.id), record.value);
    case "task-failure":
      return putRow(state.failures, appId(record.id), record.value);
    case "launch-delay":
      state.unsettled.add(appId(record.id));
      return putRow(state.delays, appId(record.id), record.value);
    case "instance-health":
      return applyHealth(state, record.id, record.value);
    case "placement-report":
      return putRow(state.reports, appId(record.id), record.value);
    case "apps-connection":
      state.connection = record.value;
      return;
    case "apps-timer":
      return applyTimer(state, record.id, record.value);
    case "apps-demand":
      return putRow(state.demands, appId(record.id), record.value);
    case "apps-planned":
      return applyPlanned(state, appId(record.id), record.value);
    case "apps-probe":
      return putRow(state.probes, record.id, record.value);
    case "apps-confirmed":
      return putRow(state.confirmed, taskId(record.id), record.value);
    default:
      unreachable(record);
  }
}

function putRow<Key, Value>(table: Map<Key, Value>, key: Key, value: Value | undefined): void {
  if (value === undefined) table.delete(key);
  else table.set(key, value);
}

function applyApp(state: AppsState, id: AppId, app: App | undefined): void {
  countServicePorts(state, state.apps.get(id), -1);
  countServicePorts(state, app, 1);
  putRow(state.apps, id, app);
  if (app !== undefined) noteVersion(state, app.version);
  state.unsettled.add(id);
}

function countServicePorts(state: AppsState, app: App | undefined, step: 1 | -1): void {
  for (const { servicePort } of app?.definition.ports ?? []) {
    if (servicePort === 0) continue;
    const count = (state.servicePorts.get(servicePort) ?? 0) + step;
    putRow(state.servicePorts, servicePort, count === 0 ? undefined : count);
  }
}

function applyVersion(state: AppsState, id: string, value: AppVersion | undefined): void {
  const bar = id.lastIndexOf("|");
  const owner = appId(id.slice(0, bar));
  const version = versionId(id.slice(bar + 1));
  const versions = state.versions.get(owner) ?? new Map();
  putRow(versions, version, value?.app);
  putRow(state.versions, owner, versions.size === 0 ? undefined : versions);
  noteVersion(state, version);
}

function applyInstance(state: AppsState, id: string, instance: Instance | undefined): void {
  const task = taskId(id);
  const owner = instance?.appId ?? state.instances.get(task)?.appId;
  if (owner === undefined) return;
  putRow(state.instances, task, instance);
  const siblings = state.instancesByApp.get(owner) ?? new Map();
  putRow(siblings, task, instance);
  putRow(state.instancesByApp, owner, siblings.size === 0 ? undefined : siblings);
  state.unsettled.add(owner);
  if (instance !== undefined) return noteVersion(state, instance.version);
  state.health.delete(task);
  state.confirmed.delete(task);
  applyTimer(state, matterId({ what: "instance", taskId: task }), undefined);
  for (let index = 0; index < limits.healthChecksPerAppMax; index += 1) {
    applyTimer(state, matterId({ what: "check", taskId: task, index }), undefined);
  }
}

function applyDeployment(state: AppsState, id: DeploymentId, deployment: Deployment | undefined): void {
  const previous = state.deployments.get(id);
  for (const { appId: owner } of (deployment ?? previous)?.before ?? []) {
    // A newer deployment may hold the app already, when this one was cancelled for it.
    if (deployment !== undefined) state.lockedBy.set(owner, id);
    else if (state.lockedBy.get(owner) === id) state.lockedBy.delete(owner);
    state.unsettled.add(owner);
  }
  putRow(state.deployments, id, deployment);
  if (deployment !== undefined) noteVersion(state, deployment.version);
}

function applyPlanned(state: AppsState, id: AppId, planned: Planned | undefined): void {
  putRow(state.planned, id, (planned?.notBeforeMs ?? 0) > 0 ? planned : undefined);
  if (planned?.settled) state.unsettled.delete(id);
}

function applyTimer(state: AppsState, id: string, timer: Timer | undefined): void {
  putRow(state.timers, id, timer);
  if (timer === undefined) state.deadlines.delete(id);
  else state.deadlines.set(id, timer.atMs);
}

/** Only a check that turned matters to the app as a whole: most results say what the last one said. */
function applyHealth(state: AppsState, id: string, health: InstanceHealth | undefined): void {
  const task = taskId(id);
  const before = state.health.get(task);
  putRow(state.health, task, health);
  const owner = state.instances.get(task)?.appId;
  const turned = health?.checks.some((check, index) => check.alive !== before?.checks[index]?.alive);
  if (owner !== undefined && turned !== false) state.unsettled.add(owner);
}

function noteVersion(state: AppsState, version: App["version"]): void {
  if (version > state.latestVersion) state.latestVersion = version;
}
