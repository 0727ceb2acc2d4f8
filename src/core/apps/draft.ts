/**
 * One decision in the making: what it records, what it asks for, and the state as it will be.
 *
 * A decision may rest on an earlier part of itself, so everything that decides reads through the draft:
 * the state, overlaid with the rows put so far. The state itself is never touched.
 */

import { limits } from "#base/limits.ts";
import type { Chance } from "#base/random.ts";
import type { App, Service } from "#model/app.ts";
import type { Berth } from "#model/berth.ts";
import type { Deployment } from "#model/deployment.ts";
import { type Group, parentOf } from "#model/group.ts";
import type { AppId, DeploymentId, GroupId, TaskId, VersionId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { Pod } from "#model/pod.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import type { Decision, Moment } from "#ports/room.ts";
import {
  type AppsRecord,
  type Connection,
  type Demand,
  type Matter,
  matterId,
  type Vacancies,
  type WaitsTold,
} from "./records.ts";
import type { AppsState } from "./state.ts";
import type {
  AppsAnswer,
  AppsEffect,
  AppsEvent,
  InstanceHealth,
  LaunchDelay,
  PlacementReport,
} from "./types.ts";
import { nextVersion } from "./versions.ts";

type WithoutTime<Event> = Event extends unknown ? Omit<Event, "timestampMs"> : never;
export type AppsNews = WithoutTime<AppsEvent>;

export class Draft {
  readonly state: AppsState;
  readonly nowMs: number;
  readonly chance: Chance;
  readonly #records: AppsRecord[] = [];
  readonly #effects: AppsEffect[] = [];
  readonly #rows = new Map<AppsRecord["kind"], Map<string, AppsRecord>>();
  readonly #newBerths: string[] = [];
  readonly #changedTasks = new Map<AppId, Set<TaskId>>();
  readonly #changedDemands = new Set<AppId>();
  readonly #changedPaths = new Map<GroupId, Set<AppId | GroupId>>();
  #probesInFlight: number;
  #latestVersion: VersionId;

  constructor(state: AppsState, { nowMs, chance }: Moment) {
    this.state = state;
    this.nowMs = nowMs;
    this.chance = chance;
    this.#probesInFlight = state.probes.size;
    this.#latestVersion = state.latestVersion;
  }

  decision(answer?: AppsAnswer): Decision<AppsRecord, AppsEffect, AppsAnswer> {
    return { kind: "decision", records: this.#records, effects: this.#effects, answer };
  }

  /** Grows with every row put: tells whether something was decided in between. */
  get size(): number {
    return this.#records.length;
  }

  put(record: AppsRecord): void {
    this.#records.push(record);
    const rows = this.#rows.get(record.kind);
    if (rows === undefined) this.#rows.set(record.kind, new Map([[record.id, record]]));
    else rows.set(record.id, record);
    if (record.kind === "app" || record.kind === "pod" || record.kind === "group") this.#notePath(record.id);
    if (record.kind === "berth" && !this.state.berths.has(record.id)) this.#newBerths.push(record.id);
    if (record.kind === "apps-demand") this.#changedDemands.add(record.id as AppId);
    if (record.kind === "apps-probe" && record.value !== undefined) this.#probesInFlight += 1;
    if (record.kind !== "instance") return;
    const owner = record.value?.appId ?? this.state.instances.get(record.id as TaskId)?.appId;
    if (owner === undefined) return;
    const tasks = this.#changedTasks.get(owner);
    if (tasks === undefined) this.#changedTasks.set(owner, new Set([record.id as TaskId]));
    else tasks.add(record.id as TaskId);
  }

  /** The rows put so far, of one kind, each as it will be. */
  rowsOf<Kind extends AppsRecord["kind"]>(
    kind: Kind,
  ): readonly Extract<AppsRecord, { readonly kind: Kind }>[] {
    return [...(this.#rows.get(kind)?.values() ?? [])] as Extract<AppsRecord, { readonly kind: Kind }>[];
  }

  /** As much was decided as may be stored at once: the rest is for another decision. */
  get isFull(): boolean {
    return (this.#rows.get("instance")?.size ?? 0) >= limits.instanceChangesPerDecisionMax;
  }

  get probesInFlight(): number {
    return this.#probesInFlight;
  }

  setTimer(matter: Matter, atMs: number | undefined): void {
    const id = matterId(matter);
    const known = this.#read("apps-timer", id, this.state.timers.get(id));
    if (atMs === undefined && known === undefined) return;
    this.put({ kind: "apps-timer", id, value: atMs === undefined ? undefined : { matter, atMs } });
  }

  hasTimer(matter: Matter): boolean {
    const id = matterId(matter);
    return this.#read("apps-timer", id, this.state.timers.get(id)) !== undefined;
  }

  /** Sends the call if the master has us subscribed; what is lost is repeated by its timer. */
  call(call: SchedulerCall): void {
    const connection = this.connection;
    if (connection?.subscribed) this.#effects.push({ type: "call", session: connection.session, call });
  }

  effect(effect: AppsEffect): void {
    this.#effects.push(effect);
  }

  publish(news: AppsNews): void {
    this.#effects.push({ type: "publish", event: { ...news, timestampMs: this.nowMs } as AppsEvent });
  }

  newVersion(): VersionId {
    this.#latestVersion = nextVersion(this.nowMs, this.#latestVersion);
    this.put({ kind: "apps-latest-version", id: "self", value: { version: this.#latestVersion } });
    return this.#latestVersion;
  }

  app(id: AppId): App | undefined {
    return this.#read("app", id, this.state.apps.get(id)) as App | undefined;
  }

  pod(id: AppId): Pod | undefined {
    return this.#read("pod", id, this.state.pods.get(id)) as Pod | undefined;
  }

  /** The app or the pod of this id. */
  service(id: AppId): Service | undefined {
    return this.app(id) ?? this.pod(id);
  }

  berth(id: string): Berth | undefined {
    return this.#read("berth", id, this.state.berths.get(id)) as Berth | undefined;
  }

  berthsOf(id: AppId): readonly Berth[] {
    const ids = new Set([...(this.state.berthsByApp.get(id)?.keys() ?? []), ...this.#newBerths]);
    return [...ids].flatMap((berthId) => {
      const berth = this.berth(berthId);
      return berth === undefined || berth.appId !== id ? [] : [berth];
    });
  }

  instance(id: TaskId): Instance | undefined {
    return this.#read("instance", id, this.state.instances.get(id)) as Instance | undefined;
  }

  /** The instance that the task belongs to. */
  instanceOfTask(id: TaskId): Instance | undefined {
    return this.instance(this.state.taskOwners.get(id) ?? id);
  }

  instancesOf(id: AppId): readonly Instance[] {
    const stored = this.state.instancesByApp.get(id);
    const changed = this.#changedTasks.get(id);
    if (changed === undefined) return stored === undefined ? [] : [...stored.values()];
    const instances = new Map(stored);
    for (const taskId of changed) {
      const instance = this.instance(taskId);
      if (instance === undefined) instances.delete(taskId);
      else instances.set(taskId, instance);
    }
    return [...instances.values()];
  }

  deployment(id: DeploymentId): Deployment | undefined {
    return this.#read("deployment", id, this.state.deployments.get(id)) as Deployment | undefined;
  }

  /** What the app was before the deployment; null: not there; undefined: not known. */
  before(deployment: DeploymentId, id: AppId): Service | null | undefined {
    return this.state.before.get(deployment)?.get(id);
  }

  group(id: GroupId): Group | undefined {
    return this.#read("group", id, this.state.groups.get(id)) as Group | undefined;
  }

  /** What is right below the group: apps, pods and groups. */
  childrenOf(id: GroupId): readonly (AppId | GroupId)[] {
    const stored = this.state.children.get(id);
    const changed = this.#changedPaths.get(id);
    if (changed === undefined) return stored === undefined ? [] : [...stored];
    return [...new Set([...(stored ?? []), ...changed])].filter(
      (path) => this.service(path as AppId) !== undefined || this.group(path as GroupId) !== undefined,
    );
  }

  #notePath(path: string): void {
    const parent = parentOf(path as GroupId);
    if (parent === undefined) return;
    const siblings = this.#changedPaths.get(parent);
    if (siblings === undefined) this.#changedPaths.set(parent, new Set([path as GroupId]));
    else siblings.add(path as GroupId);
  }

  /** The deployment that works on the app. One made in this very decision is not seen here. */
  deploymentOf(id: AppId): Deployment | undefined {
    const lock = this.state.lockedBy.get(id);
    return lock === undefined ? undefined : this.deployment(lock);
  }

  health(id: TaskId): InstanceHealth | undefined {
    return this.#read("instance-health", id, this.state.health.get(id)) as InstanceHealth | undefined;
  }

  delay(id: AppId): LaunchDelay | undefined {
    return this.#read("launch-delay", id, this.state.delays.get(id)) as LaunchDelay | undefined;
  }

  demand(id: AppId): Demand | undefined {
    return this.#read("apps-demand", id, this.state.demands.get(id)) as Demand | undefined;
  }

  /** Names of instances that ended, the oldest first. */
  vacancies(id: AppId): Vacancies["names"] {
    const row = this.#read("apps-vacancies", id, this.state.vacancies.get(id)) as Vacancies | undefined;
    return row?.names ?? [];
  }

  placementReport(id: AppId): PlacementReport | undefined {
    return this.#read("placement-report", id, this.state.reports.get(id)) as PlacementReport | undefined;
  }

  demands(): readonly Demand[] {
    const ids = new Set([...this.state.demands.keys(), ...this.#changedDemands]);
    return [...ids].flatMap((id) => this.demand(id) ?? []);
  }

  waitsTold(id: DeploymentId): WaitsTold | undefined {
    return this.#read("apps-waits", id, this.state.waitsTold.get(id)) as WaitsTold | undefined;
  }

  get connection(): Connection | undefined {
    return this.#read("apps-connection", "self", this.state.connection) as Connection | undefined;
  }

  putConnection(connection: Connection): void {
    this.put({ kind: "apps-connection", id: "self", value: connection });
  }

  #read(kind: AppsRecord["kind"], id: string, stored: unknown): unknown {
    const row = this.#rows.get(kind)?.get(id);
    return row === undefined ? stored : row.value;
  }
}
