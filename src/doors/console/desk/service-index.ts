/**
 * A row for each app and pod, made anew only when something of it changed; and the sums of groups, made of these.
 *
 * Rows are values: one that is the same object is unchanged. What is really used is not part of them, since it
 * changes all the time: it is put in when a row is shown.
 */

import { parseTime } from "#base/time-text.ts";
import { healthOf } from "#core/apps/condition.ts";
import { type AppsState, definitionOf, serviceOf } from "#core/apps/state.ts";
import type { Service } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import { healthChecksOf, isPod, needsOf } from "#model/pod.ts";
import { summariseRefusals } from "#model/reason.ts";
import { fromMilli } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import type { ConsoleAmounts } from "#wire/unum/console/common.ts";
import type { ServiceRow, ServiceStatus } from "#wire/unum/console/services.ts";
import type { Marks } from "./marks.ts";
import { shown, type UsageBook } from "./usage-book.ts";

export class ServiceIndex {
  readonly #rows = new Map<AppId, ServiceRow>();

  /** Makes so many rows anew, at most; with none left to make, what is returned is up to date. */
  refresh(
    apps: AppsState,
    marks: Marks,
    nowMs: number,
    most = Number.POSITIVE_INFINITY,
  ): ReadonlyMap<AppId, ServiceRow> {
    if (marks.services === "all") this.#rows.clear();
    const pending =
      marks.services === "all" ? new Set([...apps.apps.keys(), ...apps.pods.keys()]) : marks.services;
    marks.services = pending;
    let made = 0;
    for (const id of pending) {
      if (made >= most) break;
      pending.delete(id);
      const service = serviceOf(apps, id);
      if (service === undefined) this.#rows.delete(id);
      else this.#rows.set(id, makeRow(apps, service, nowMs));
      // One of many instances takes the time of many.
      made += 1 + (apps.instancesByApp.get(id)?.size ?? 0) / 20;
    }
    return this.#rows;
  }
}

/** Of those that are worse the first; a group is as bad as the worst in it. */
export const statusesByGravity: readonly ServiceStatus[] = [
  "delayed",
  "waiting",
  "unhealthy",
  "deploying",
  "running",
  "suspended",
];

type Counts = {
  live: number;
  running: number;
  starting: number;
  healthy: number;
  unhealthy: number;
  unknown: number;
};

function makeRow(apps: AppsState, service: Service, nowMs: number): ServiceRow {
  const { definition } = service;
  const { id, instances: wanted } = definition;
  const counts = countInstances(apps, id);
  const { status, why } = statusOf(apps, service, counts, nowMs);
  const needs = needsOf(definition);
  return {
    key: id,
    name: id.slice(id.lastIndexOf("/") + 1),
    kind: isPod(definition) ? "pod" : "app",
    status,
    wanted,
    running: counts.running,
    starting: counts.starting,
    health: { healthy: counts.healthy, unhealthy: counts.unhealthy, unknown: counts.unknown },
    allocated: {
      cpus: times(fromMilli(needs.cpus), counts.live),
      mem: times(fromMilli(needs.mem), counts.live),
      disk: times(fromMilli(needs.disk), counts.live),
      gpus: times(fromMilli(needs.gpus), counts.live),
    },
    cpusUsed: null,
    memUsed: null,
    services: 0,
    role: definition.role ?? defaultRole,
    why,
    changedAtMs: parseTime(service.version) ?? null,
  };
}

const times = (amount: number, count: number): number => Math.round(amount * count * 1000) / 1000;

function countInstances(apps: AppsState, id: AppId): Counts {
  const counts = { live: 0, running: 0, starting: 0, healthy: 0, unhealthy: 0, unknown: 0 };
  for (const instance of apps.instancesByApp.get(id)?.values() ?? []) {
    counts.live += 1;
    if (instance.state === "staging" || instance.state === "starting") counts.starting += 1;
    if (instance.state !== "running") continue;
    counts.running += 1;
    const definition = definitionOf(apps, instance);
    const hasChecks = definition !== undefined && healthChecksOf(definition).length > 0;
    const healthy = hasChecks ? healthOf(definition, apps.health.get(instance.taskId)) : undefined;
    counts[healthy === undefined ? "unknown" : healthy ? "healthy" : "unhealthy"] += 1;
  }
  return counts;
}

function statusOf(
  apps: AppsState,
  { definition: { id, instances: wanted } }: Service,
  { live, running, unhealthy }: Counts,
  nowMs: number,
): { readonly status: ServiceStatus; readonly why: string } {
  const demand = apps.demands.get(id);
  const delayMs = (apps.delays.get(id)?.untilMs ?? 0) - nowMs;
  if (demand !== undefined && delayMs > 0) {
    const failure = apps.failures.get(id)?.message ?? "";
    const last = failure === "" ? "" : `; the last one: ${failure}`;
    return { status: "delayed", why: `the next launch waits after failures${last}` };
  }
  const report = apps.reports.get(id);
  if (demand !== undefined && report !== undefined && report.refusedBy.length > 0)
    return { status: "waiting", why: summariseRefusals(report.refusedBy) };
  if (demand !== undefined && report === undefined && !apps.lockedBy.has(id))
    return { status: "waiting", why: "no agent has offered anything yet" };
  if (unhealthy > 0) return { status: "unhealthy", why: `${unhealthy} of ${live} unhealthy` };
  if (apps.lockedBy.has(id) || (running < wanted && live > 0)) return { status: "deploying", why: "" };
  if (wanted === 0 && live === 0) return { status: "suspended", why: "" };
  return running < wanted
    ? { status: "waiting", why: "no agent has offered anything yet" }
    : { status: "running", why: "" };
}

export function withUsage(row: ServiceRow, usage: UsageBook): ServiceRow {
  const used = usage.service(row.key);
  return used === undefined ? row : { ...row, cpusUsed: shown(used.cpus), memUsed: shown(used.mem) };
}

type Sum = {
  wanted: number;
  running: number;
  starting: number;
  healthy: number;
  unhealthy: number;
  unknown: number;
  services: number;
  gravity: number;
  cpusUsed: number | null;
  memUsed: number | null;
  readonly allocated: { -readonly [Name in keyof ConsoleAmounts]: number };
};

/** What is right below the group: apps and pods as they are, groups as the sums of all below them. */
export function childrenOf(
  rows: ReadonlyMap<AppId, ServiceRow>,
  group: string,
  groups: Iterable<string>,
  usage: UsageBook,
): readonly ServiceRow[] {
  const prefix = group === "/" ? "/" : `${group}/`;
  const children: ServiceRow[] = [];
  const sums = new Map<string, Sum>();
  for (const [id, row] of rows) {
    if (!id.startsWith(prefix)) continue;
    const slash = id.indexOf("/", prefix.length);
    if (slash === -1) children.push(withUsage(row, usage));
    else addTo(sums, id.slice(0, slash), withUsage(row, usage));
  }
  for (const id of groups) {
    if (!id.startsWith(prefix) || id === group || id.length <= prefix.length) continue;
    const slash = id.indexOf("/", prefix.length);
    const child = slash === -1 ? id : id.slice(0, slash);
    if (!sums.has(child) && !rows.has(child as AppId)) sums.set(child, emptySum());
  }
  return [...children, ...[...sums].map(([id, sum]) => groupRow(id, sum))];
}

function addTo(sums: Map<string, Sum>, group: string, row: ServiceRow): void {
  const sum = sums.get(group) ?? emptySum();
  sums.set(group, sum);
  sum.wanted += row.wanted;
  sum.running += row.running;
  sum.starting += row.starting;
  sum.healthy += row.health.healthy;
  sum.unhealthy += row.health.unhealthy;
  sum.unknown += row.health.unknown;
  sum.services += 1;
  sum.gravity = Math.min(sum.gravity, statusesByGravity.indexOf(row.status));
  if (row.cpusUsed !== null) sum.cpusUsed = (sum.cpusUsed ?? 0) + row.cpusUsed;
  if (row.memUsed !== null) sum.memUsed = (sum.memUsed ?? 0) + row.memUsed;
  for (const name of ["cpus", "mem", "disk", "gpus"] as const) sum.allocated[name] += row.allocated[name];
}

const emptySum = (): Sum => ({
  wanted: 0,
  running: 0,
  starting: 0,
  healthy: 0,
  unhealthy: 0,
  unknown: 0,
  services: 0,
  gravity: statusesByGravity.length - 1,
  cpusUsed: null,
  memUsed: null,
  allocated: { cpus: 0, mem: 0, disk: 0, gpus: 0 },
});

const groupRow = (id: string, sum: Sum): ServiceRow => ({
  key: id,
  name: id.slice(id.lastIndexOf("/") + 1),
  kind: "group",
  status: statusesByGravity[sum.gravity] ?? "suspended",
  wanted: sum.wanted,
  running: sum.running,
  starting: sum.starting,
  health: { healthy: sum.healthy, unhealthy: sum.unhealthy, unknown: sum.unknown },
  allocated: {
    cpus: times(sum.allocated.cpus, 1),
    mem: times(sum.allocated.mem, 1),
    disk: times(sum.allocated.disk, 1),
    gpus: times(sum.allocated.gpus, 1),
  },
  cpusUsed: shown(sum.cpusUsed ?? undefined),
  memUsed: shown(sum.memUsed ?? undefined),
  services: sum.services,
  role: null,
  why: "",
  changedAtMs: null,
});
