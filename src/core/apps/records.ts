/**
 * The app service's tables, and what each asks of the store.
 *
 * Durable is what the user asked for and what was launched for it. Memory holds what is found out again
 * after a restart: the connection, deadlines, health, demand.
 */

import type { App } from "#model/app.ts";
import type { AppId, DeploymentId, RoleName, SessionId, TaskId, VersionId } from "#model/ids.ts";
import type { KindPolicy, Row } from "#ports/room.ts";
import type { AppsPublicRecord, AppVersion } from "./types.ts";

/** The subscription at the master; one row, `self`. */
export type Connection = {
  readonly session: SessionId;
  readonly subscribed: boolean;
  /** In which it is subscribed. */
  readonly roles: readonly RoleName[];
  /** Those of them in which offers are wanted, as the master was told. */
  readonly revived: readonly RoleName[];
  /** Offers were refused for long, as nothing was wanted: only a revival brings them back soon. */
  readonly refusedForLong: boolean;
  readonly revivedAtMs: number;
  /** How often it was subscribed since the start. */
  readonly subscriptions: number;
  /** How often the master was asked for instances of which this session has not heard. */
  readonly asked: number;
};

/** What is to be looked at later. */
export type Matter =
  | { readonly what: "instance"; readonly taskId: TaskId }
  | { readonly what: "check"; readonly taskId: TaskId; readonly index: number }
  | { readonly what: "readiness"; readonly taskId: TaskId }
  | { readonly what: "delay"; readonly appId: AppId }
  | { readonly what: "deployment"; readonly deploymentId: DeploymentId }
  | { readonly what: "waits"; readonly deploymentId: DeploymentId }
  | { readonly what: "berth"; readonly berthId: string }
  | { readonly what: "subscribe" }
  | { readonly what: "reconcile" }
  | { readonly what: "revive" };

export type Timer = { readonly matter: Matter; readonly atMs: number };

/** How many instances an app wants launched now; absent: none. */
export type Demand = {
  readonly appId: AppId;
  readonly count: number;
  readonly sinceMs: number;
  /** Its back-off: nothing is launched before. */
  readonly notBeforeMs: number;
};

/** An app was compared with what runs. */
export type Planned = {
  /** There was nothing to order: it need not be looked at until something happens to it. */
  readonly settled: boolean;
  /** The look at a big app takes time: the next one is not before this. */
  readonly notBeforeMs: number;
};

/** The name of an instance that ended, for the one that takes its place; `number`, `version`: of the last launch. */
export type Vacancy = {
  readonly stem: string;
  readonly uuid: string;
  readonly number: number;
  readonly version: VersionId;
};

export type Vacancies = { readonly names: readonly Vacancy[] };

export type ProbeInFlight = {
  readonly taskId: TaskId;
  /** Of a health check. */
  readonly index: number | "readiness";
  readonly sentAtMs: number;
};

/** What a deployment was last told to wait for. */
export type WaitsTold = { readonly reasons: string; readonly atMs: number };

export type AppsRecord =
  | AppsPublicRecord
  | Row<"apps-connection", Connection>
  | Row<"apps-timer", Timer>
  | Row<"apps-demand", Demand>
  | Row<"apps-planned", Planned>
  | Row<"apps-vacancies", Vacancies>
  | Row<"apps-probe", ProbeInFlight>
  | Row<"apps-waits", WaitsTold>
  /** The newest version that was given out: that of a change which changed nothing is in no other row. */
  | Row<"apps-latest-version", { readonly version: VersionId }>
  /** A task (its id) of which this session has heard. */
  | Row<"apps-confirmed", SessionId>;

const durable: KindPolicy = { durability: "durable", version: 1 };
const behind: KindPolicy = { durability: "behind", version: 1 };
const memory: KindPolicy = { durability: "memory", version: 1 };

/** Form 1 held an `app`, for there were no pods. */
function upgradeVersion(value: unknown): AppVersion {
  const version = value as AppVersion | { readonly app: App };
  return "app" in version ? { service: version.app } : version;
}

export const appsKinds: Readonly<{ [Kind in AppsRecord["kind"]]: KindPolicy }> = {
  "apps-framework": durable,
  app: durable,
  pod: durable,
  "app-version": { durability: "durable", version: 2, upgrade: upgradeVersion },
  instance: durable,
  "tasks-to-kill": durable,
  berth: durable,
  /** Form 1 held what its apps were before: made rows of their own at the start (`older-forms.ts`). */
  deployment: { durability: "durable", version: 2, upgrade: (value) => value },
  "deployment-before": durable,
  group: durable,
  "removed-service": durable,
  "removed-group": durable,
  "task-failure": durable,
  "launch-delay": behind,
  "apps-latest-version": behind,
  "instance-health": memory,
  "placement-report": memory,
  "apps-connection": memory,
  "apps-timer": memory,
  "apps-demand": memory,
  "apps-planned": memory,
  "apps-vacancies": memory,
  "apps-probe": memory,
  "apps-waits": memory,
  "apps-confirmed": memory,
};

export function matterId(matter: Matter): string {
  switch (matter.what) {
    case "instance":
      return `instance:${matter.taskId}`;
    case "check":
      return `check:${matter.taskId}:${matter.index}`;
    case "readiness":
      return `readiness:${matter.taskId}`;
    case "berth":
      return `berth:${matter.berthId}`;
    case "delay":
      return `delay:${matter.appId}`;
    case "deployment":
      return `deployment:${matter.deploymentId}`;
    case "waits":
      return `waits:${matter.deploymentId}`;
    default:
      return matter.what;
  }
}

/** A version's row: an app's id holds no `|`. */
export const versionRowId = (appId: AppId, version: string): string => `${appId}|${version}`;

/** What the app was before the deployment. */
export const beforeRowId = (deploymentId: DeploymentId, appId: AppId): string => `${deploymentId}|${appId}`;
