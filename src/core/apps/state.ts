/**
 * The app service's state: its tables as Maps, and the indexes derived from them.
 *
 * Only `apply` changes it. Each index is kept so that rows may come in any order, as they do at a restart.
 */

import type { App, AppDefinition } from "#model/app.ts";
import type { Deployment } from "#model/deployment.ts";
import type { AppId, DeploymentId, FrameworkId, SessionId, TaskId, VersionId } from "#model/ids.ts";
import type { Instance, TaskFailure } from "#model/instance.ts";
import { Deadlines } from "./deadlines.ts";
import type { Connection, Demand, Planned, ProbeInFlight, Timer } from "./records.ts";
import type { AppsConfig, InstanceHealth, LaunchDelay, PlacementReport } from "./types.ts";
import { noVersion } from "./versions.ts";

export type AppsState = {
  readonly config: AppsConfig;
  readonly apps: Map<AppId, App>;
  /** Of each app: every version that is kept, the current one too. */
  readonly versions: Map<AppId, Map<VersionId, App>>;
  readonly instances: Map<TaskId, Instance>;
  readonly deployments: Map<DeploymentId, Deployment>;
  readonly failures: Map<AppId, TaskFailure>;
  readonly delays: Map<AppId, LaunchDelay>;
  readonly health: Map<TaskId, InstanceHealth>;
  readonly reports: Map<AppId, PlacementReport>;
  readonly demands: Map<AppId, Demand>;
  readonly planned: Map<AppId, Planned>;
  readonly timers: Map<string, Timer>;
  readonly probes: Map<string, ProbeInFlight>;
  readonly confirmed: Map<TaskId, SessionId>;
  frameworkId: FrameworkId | undefined;
  connection: Connection | undefined;

  // Derived.
  readonly instancesByApp: Map<AppId, Map<TaskId, Instance>>;
  /** The deployment that works on the app. */
  readonly lockedBy: Map<AppId, DeploymentId>;
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
  versions: new Map(),
  instances: new Map(),
  deployments: new Map(),
  failures: new Map(),
  delays: new Map(),
  health: new Map(),
  reports: new Map(),
  demands: new Map(),
  planned: new Map(),
  timers: new Map(),
  probes: new Map(),
  confirmed: new Map(),
  frameworkId: undefined,
  connection: undefined,
  instancesByApp: new Map(),
  lockedBy: new Map(),
  servicePorts: new Map(),
  unsettled: new Set(),
  deadlines: new Deadlines(),
  latestVersion: noVersion,
});

/** What the instance was launched from; undefined when that version is no longer kept. */
export const definitionOf = (state: AppsState, instance: Instance): AppDefinition | undefined =>
  state.versions.get(instance.appId)?.get(instance.version)?.definition ??
  state.apps.get(instance.appId)?.definition;

/** The apps that are to be compared with what runs, and may be now. */
export const appsToPlan = (state: AppsState, nowMs: number): readonly AppId[] =>
  [...state.unsettled].filter((id) => (state.planned.get(id)?.notBeforeMs ?? 0) <= nowMs);

/** When the room next has something to do, if it has. */
export function wakeAtMs(state: AppsState): number | undefined {
  let earliestMs = state.deadlines.earliestMs;
  for (const id of state.unsettled) {
    const atMs = state.planned.get(id)?.notBeforeMs ?? 0;
    if (earliestMs === undefined || atMs < earliestMs) earliestMs = atMs;
    if (atMs === 0) break;
  }
  return earliestMs;
}

/** Whether the instance runs the app's configuration as it is wanted now. */
export const isCurrent = (app: App, instance: Instance): boolean =>
  instance.version >= app.lastConfigChangeAt;
