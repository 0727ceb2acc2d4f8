/**
 * Applies records to the app service's state: puts and deletes rows, and keeps the indexes in step.
 *
 * It never decides and never refuses; it must stand any order of rows, as at a restart.
 */

import { unreachable } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { App, Service } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import type { Deployment } from "#model/deployment.ts";
import { type Group, parentOf } from "#model/group.ts";
import {
  type AppId,
  appId,
  type DeploymentId,
  deploymentId,
  type GroupId,
  groupId,
  roleName,
  type TaskId,
  taskId,
  versionId,
} from "#model/ids.ts";
import { type Instance, taskIdsOf } from "#model/instance.ts";
import type { Pod } from "#model/pod.ts";
import { type AppsRecord, matterId, type Planned, type Timer } from "./records.ts";
import type { AppsState } from "./state.ts";
import type { AppVersion, InstanceHealth, ServiceBefore, TasksToKill } from "./types.ts";

export function apply(state: AppsState, record: AppsRecord): void {
  switch (record.kind) {
    case "apps-framework":
      state.frameworkId = record.value?.frameworkId;
      return;
    case "app":
      return applyApp(state, appId(record.id), record.value);
    case "pod":
      return applyPod(state, appId(record.id), record.value);
    case "app-version":
      return applyVersion(state, record.id, record.value);
    case "instance":
      return applyInstance(state, record.id, record.value);
    case "deployment":
      return applyDeployment(state, deploymentId(record.id), record.value);
    case "deployment-before":
      return applyBefore(state, record.id, record.value);
    case "berth":
      return applyBerth(state, record.id, record.value);
    case "group":
      return applyGroup(state, groupId(record.id), record.value);
    case "removed-service":
      return putRow(state.removed, appId(record.id), record.value);
    case "tasks-to-kill":
      return applyToKill(state, record.id, record.value);
    case "removed-group":
      return putRow(state.removedGroups, groupId(record.id), record.value);
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
    case "apps-vacancies":
      return putRow(state.vacancies, appId(record.id), record.value);
    case "apps-planned":
      return applyPlanned(state, appId(record.id), record.value);
    case "apps-probe":
      return putRow(state.probes, record.id, record.value);
    case "apps-waits":
      return putRow(state.waitsTold, deploymentId(record.id), record.value);
    case "apps-latest-version":
      if (record.value !== undefined) noteVersion(state, record.value.version);
      return;
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
  countRole(state, state.apps.get(id)?.definition.role, -1);
  countRole(state, app?.definition.role, 1);
  putRow(state.apps, id, app);
  notePath(state, id);
  if (app !== undefined) noteVersion(state, app.version);
  state.unsettled.add(id);
}

function applyPod(state: AppsState, id: AppId, pod: Pod | undefined): void {
  countRole(state, state.pods.get(id)?.definition.role, -1);
  countRole(state, pod?.definition.role, 1);
  putRow(state.pods, id, pod);
  notePath(state, id);
  if (pod !== undefined) noteVersion(state, pod.version);
  state.unsettled.add(id);
}

/** Absent: the default role, which is never given up. */
function countRole(state: AppsState, role: string | undefined, step: 1 | -1): void {
  if (role === undefined) return;
  const count = (state.roles.get(roleName(role)) ?? 0) + step;
  putRow(state.roles, roleName(role), count === 0 ? undefined : count);
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
  putRow(versions, version, value?.service);
  putRow(state.versions, owner, versions.size === 0 ? undefined : versions);
  noteVersion(state, version);
}

function applyInstance(state: AppsState, id: string, instance: Instance | undefined): void {
  const task = taskId(id);
  const before = state.instances.get(task);
  const owner = instance?.appId ?? before?.appId;
  if (owner === undefined) return;
  for (const further of furtherTasks(before)) state.taskOwners.delete(further);
  for (const further of furtherTasks(instance)) state.taskOwners.set(further, task);
  putRow(state.instances, task, instance);
  const siblings = state.instancesByApp.get(owner) ?? new Map();
  putRow(siblings, task, instance);
  putRow(state.instancesByApp, owner, siblings.size === 0 ? undefined : siblings);
  state.unsettled.add(owner);
  if (instance !== undefined) return noteVersion(state, instance.version);
  state.health.delete(task);
  for (const ended of before === undefined ? [] : taskIdsOf(before)) state.confirmed.delete(ended);
  applyTimer(state, matterId({ what: "instance", taskId: task }), undefined);
  applyTimer(state, matterId({ what: "readiness", taskId: task }), undefined);
  for (let index = 0; index < limits.healthChecksPerAppMax; index += 1) {
    applyTimer(state, matterId({ what: "check", taskId: task, index }), undefined);
  }
}

function applyToKill(state: AppsState, id: string, value: TasksToKill | undefined): void {
  for (const task of state.toKill.get(id)?.taskIds ?? []) state.doomed.delete(task);
  for (const task of value?.taskIds ?? []) state.doomed.add(task);
  putRow(state.toKill, id, value);
}

const furtherTasks = (instance: Instance | undefined): readonly TaskId[] =>
  instance === undefined ? [] : taskIdsOf(instance).slice(1);

function applyBerth(state: AppsState, id: string, berth: Berth | undefined): void {
  const before = state.berths.get(id);
  const owner = berth?.appId ?? before?.appId;
  if (owner === undefined) return;
  countRole(state, before?.role, -1);
  countRole(state, berth?.role, 1);
  putRow(state.berths, id, berth);
  const siblings = state.berthsByApp.get(owner) ?? new Map();
  putRow(siblings, id, berth);
  putRow(state.berthsByApp, owner, siblings.size === 0 ? undefined : siblings);
  putRow(state.releasing, id, berth?.releasing === undefined ? undefined : berth);
  state.unsettled.add(owner);
}

function applyDeployment(state: AppsState, id: DeploymentId, deployment: Deployment | undefined): void {
  const previous = state.deployments.get(id);
  for (const { appId: owner, takenOver } of tasksOf(previous)) {
    // A newer deployment may hold the app already, when this one was cancelled for it.
    if (state.lockedBy.get(owner) === id) state.lockedBy.delete(owner);
    if (takenOver) dropFrom(state.awaitedBy, owner, id);
    state.unsettled.add(owner);
  }
  for (const { appId: owner, takenOver } of tasksOf(deployment)) {
    if (takenOver) addTo(state.awaitedBy, owner, id);
    else state.lockedBy.set(owner, id);
    state.unsettled.add(owner);
  }
  putRow(state.deployments, id, deployment);
  if (deployment !== undefined) noteVersion(state, deployment.version);
}

const tasksOf = (deployment: Deployment | undefined) =>
  (deployment?.steps ?? []).flatMap(({ actions }) => actions);

function applyBefore(state: AppsState, id: string, value: ServiceBefore | undefined): void {
  const bar = id.indexOf("|");
  const deployment = deploymentId(id.slice(0, bar));
  const services = state.before.get(deployment) ?? new Map();
  putRow(services, appId(id.slice(bar + 1)), value?.service);
  putRow(state.before, deployment, services.size === 0 ? undefined : services);
}

function applyGroup(state: AppsState, id: GroupId, group: Group | undefined): void {
  putRow(state.groups, id, group);
  notePath(state, id);
  if (group !== undefined) noteVersion(state, group.version);
}

/** Keeps the tree in step with what is at the path. */
function notePath(state: AppsState, path: AppId | GroupId): void {
  const parent = parentOf(path);
  if (parent === undefined) return;
  const exists =
    state.apps.has(path as AppId) || state.pods.has(path as AppId) || state.groups.has(path as GroupId);
  if (exists) addTo(state.children, parent, path);
  else dropFrom(state.children, parent, path);
}

function addTo<Key, Member>(sets: Map<Key, Set<Member>>, key: Key, member: Member): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([member]));
  else set.add(member);
}

function dropFrom<Key, Member>(sets: Map<Key, Set<Member>>, key: Key, member: Member): void {
  const set = sets.get(key);
  set?.delete(member);
  if (set?.size === 0) sets.delete(key);
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

function noteVersion(state: AppsState, version: Service["version"]): void {
  if (version > state.latestVersion) state.latestVersion = version;
}
