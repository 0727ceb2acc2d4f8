/**
 * The app service's state: its tables as Maps, and the indexes derived from them.
 *
 * Only `apply` changes it. Each index is kept so that rows may come in any order, as they do at a restart.
 */

import type { App, Service } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import type { Deployment } from "#model/deployment.ts";
import type { Group } from "#model/group.ts";
import type {
  AppId,
  DeploymentId,
  FrameworkId,
  GroupId,
  RoleName,
  SessionId,
  TaskId,
  VersionId,
} from "#model/ids.ts";
import type { Instance, TaskFailure } from "#model/instance.ts";
import type { Pod, RunSpec } from "#model/pod.ts";
import { Deadlines } from "./deadlines.ts";
import type { Connection, Demand, Planned, ProbeInFlight, Timer, Vacancies, WaitsTold } from "./records.ts";
import type {
  AppsConfig,
  InstanceHealth,
  LaunchDelay,
  PlacementReport,
  RemovedGroup,
  RemovedService,
  TasksToKill,
} from "./types.ts";
import { noVersion } from "./versions.ts";

export type AppsState = {
  readonly config: AppsConfig;
  readonly apps: Map<AppId, App>;
  /** An id is that of an app or of a pod, never of both. */
  readonly pods: Map<AppId, Pod>;
  /** Of each app and pod: every version that is kept, the current one too. */
  readonly versions: Map<AppId, Map<VersionId, Service>>;
  readonly instances: Map<TaskId, Instance>;
  readonly toKill: Map<string, TasksToKill>;
  readonly berths: Map<string, Berth>;
  readonly deployments: Map<DeploymentId, Deployment>;
  /** What each deployment's apps and pods were before it; null: not there. */
  readonly before: Map<DeploymentId, Map<AppId, Service | null>>;
  readonly groups: Map<GroupId, Group>;
  readonly removed: Map<AppId, RemovedService>;
  readonly removedGroups: Map<GroupId, RemovedGroup>;
  readonly failures: Map<AppId, TaskFailure>;
  readonly delays: Map<AppId, LaunchDelay>;
  readonly health: Map<TaskId, InstanceHealth>;
  readonly reports: Map<AppId, PlacementReport>;
  readonly demands: Map<AppId, Demand>;
  readonly planned: Map<AppId, Planned>;
  readonly vacancies: Map<AppId, Vacancies>;
  readonly timers: Map<string, Timer>;
  readonly probes: Map<string, ProbeInFlight>;
  readonly waitsTold: Map<DeploymentId, WaitsTold>;
  readonly confirmed: Map<TaskId, SessionId>;
  frameworkId: FrameworkId | undefined;
  connection: Connection | undefined;

  // Derived.
  /** Of a pod's tasks but the first: the instance that each belongs to. */
  readonly taskOwners: Map<TaskId, TaskId>;
  /** Instances that will be killed as soon as it is their turn. */
  readonly doomed: Set<TaskId>;
  readonly instancesByApp: Map<AppId, Map<TaskId, Instance>>;
  /** The deployment that works on the app. */
  readonly lockedBy: Map<AppId, DeploymentId>;
  /** Deployments that wait for a newer one to be done with the app. */
  readonly awaitedBy: Map<AppId, Set<DeploymentId>>;
  /** What is right below each path: apps, pods and groups. */
  readonly children: Map<GroupId, Set<AppId | GroupId>>;
  readonly berthsByApp: Map<AppId, Map<string, Berth>>;
  /** Those that are to be given back to their agents. */
  readonly releasing: Map<string, Berth>;
  /** How many apps, pods and berths are of the role. */
  readonly roles: Map<RoleName, number>;
  /** How many apps have the service port. */
  readonly servicePorts: Map<number, number>;
  /** Apps to be compared with what runs: something changed since it was done. */
  readonly unsettled: Set<AppId>;
  readonly deadlines: Deadlines;
  latestVersion: VersionId;
};

export const createAppsState = (config: AppsConfig): AppsState => ({
  config,
  apps: new Map(),
  pods: new Map(),
  versions: new Map(),
  instances: new Map(),
  toKill: new Map(),
  berths: new Map(),
  deployments: new Map(),
  before: new Map(),
  groups: new Map(),
  removed: new Map(),
  removedGroups: new Map(),
  failures: new Map(),
  delays: new Map(),
  health: new Map(),
  reports: new Map(),
  demands: new Map(),
  planned: new Map(),
  vacancies: new Map(),
  timers: new Map(),
  probes: new Map(),
  waitsTold: new Map(),
  confirmed: new Map(),
  frameworkId: undefined,
  connection: undefined,
  taskOwners: new Map(),
  doomed: new Set(),
  instancesByApp: new Map(),
  lockedBy: new Map(),
  awaitedBy: new Map(),
  children: new Map(),
  berthsByApp: new Map(),
  releasing: new Map(),
  roles: new Map(),
  servicePorts: new Map(),
  unsettled: new Set(),
  deadlines: new Deadlines(),
  latestVersion: noVersion,
});

/** The app or the pod of this id. */
export const serviceOf = (state: AppsState, id: AppId): Service | undefined =>
  state.apps.get(id) ?? state.pods.get(id);

/** What the instance was launched from; undefined when that version is no longer kept. */
export const definitionOf = (state: AppsState, instance: Instance): RunSpec | undefined =>
  state.versions.get(instance.appId)?.get(instance.version)?.definition ??
  serviceOf(state, instance.appId)?.definition;

/** The apps that are to be compared with what runs, and may be now. */
export const appsToPlan = (state: AppsState, nowMs: number): readonly AppId[] =>
  [...state.unsettled].filter((id) => (state.planned.get(id)?.notBeforeMs ?? 0) <= nowMs);

/** When the room next has something to do, if it has. */
export function wakeAtMs(state: AppsState): number | undefined {
  if (state.toKill.size > 0) return 0;
  let earliestMs = state.deadlines.earliestMs;
  for (const id of state.unsettled) {
    const atMs = state.planned.get(id)?.notBeforeMs ?? 0;
    if (earliestMs === undefined || atMs < earliestMs) earliestMs = atMs;
    if (atMs === 0) break;
  }
  return earliestMs;
}

/** Whether the instance runs the app's configuration as it is wanted now. */
export const isCurrent = (app: Service, { version }: Pick<Instance, "version">): boolean =>
  version >= app.lastConfigChangeAt || app.alsoCurrent?.includes(version) === true;
