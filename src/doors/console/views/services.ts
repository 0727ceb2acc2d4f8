/**
 * Services as a tree, level by level, or all of a group in one list.
 */

import { limits } from "#base/limits.ts";
import { serviceOf } from "#core/apps/state.ts";
import type { AppId } from "#model/ids.ts";
import type { ServiceRow, ServiceStatus, ServicesParams, ServicesView } from "#wire/unum/console/services.ts";
import { compareNames } from "../../views/nodes.ts";
import { byNumber, byText, type Compare, ordered, pageOf, readSort } from "../desk/paging.ts";
import { childrenOf, statusesByGravity, withUsage } from "../desk/service-index.ts";
import type { World } from "../desk/world.ts";
import { viewDeployments } from "./deployments.ts";

export function viewServices(world: World, params: ServicesParams): ServicesView {
  const { services, apps, usage } = world;
  const { offset = 0, limit = limits.consolePageUsual, text = "", flat = text !== "" } = params;
  const group = normal(params.group);
  const prefix = group === "/" ? "/" : `${group}/`;
  const counts = noCounts();
  const below: ServiceRow[] = [];
  for (const [id, row] of services) {
    if (!id.startsWith(prefix)) continue;
    counts[row.status] += 1;
    if (flat) below.push(row);
  }
  const keep = filterOf(world, params);
  const found = (flat ? below : [...childrenOf(services, group, apps.groups.keys(), usage)]).filter(keep);
  const total = found.length;
  const shown = sortsByUse(params.sort) ? found.map((row) => withUsage(row, usage)) : found;
  const rows = pageOf(shown, compareServices(params.sort), offset, limit).map((row) =>
    row.kind === "group" ? row : withUsage(row, usage),
  );
  return { rows, offset, total, group, counts, deployments: viewDeployments(apps, world.nowMs, group) };
}

const normal = (group = "/"): string =>
  `/${group
    .split("/")
    .filter((part) => part !== "")
    .join("/")}`;

const noCounts = (): Record<ServiceStatus, number> => ({
  running: 0,
  deploying: 0,
  waiting: 0,
  delayed: 0,
  unhealthy: 0,
  suspended: 0,
});

function filterOf({ apps }: World, { text, status, kind }: ServicesParams): (row: ServiceRow) => boolean {
  const statuses = status === undefined ? undefined : new Set(status);
  const wanted = text?.toLowerCase() ?? "";
  const hasLabel = (id: string): boolean =>
    wanted.includes(":") &&
    Object.entries(serviceOf(apps, id as AppId)?.definition.labels ?? {}).some(([name, value]) =>
      `${name}:${value}`.toLowerCase().includes(wanted),
    );
  return (row) =>
    (statuses === undefined || statuses.has(row.status)) &&
    (kind === undefined || row.kind === kind) &&
    (wanted === "" || row.key.toLowerCase().includes(wanted) || hasLabel(row.key));
}

const sortsByUse = (sort = ""): boolean => sort.endsWith("cpusUsed") || sort.endsWith("memUsed");

const byName: Compare<ServiceRow> = (left, right) =>
  Number(right.kind === "group") - Number(left.kind === "group") ||
  compareNames(left.key, right.key) ||
  byText(left.key, right.key);

const sizes: Readonly<Record<string, (row: ServiceRow) => number>> = {
  status: ({ status }) => statusesByGravity.indexOf(status),
  wanted: ({ wanted }) => wanted,
  running: ({ running }) => running,
  cpus: ({ allocated }) => allocated.cpus,
  mem: ({ allocated }) => allocated.mem,
  cpusUsed: ({ cpusUsed }) => cpusUsed ?? -1,
  memUsed: ({ memUsed }) => memUsed ?? -1,
  changedAtMs: ({ changedAtMs }) => changedAtMs ?? 0,
};

function compareServices(sort: string | undefined): Compare<ServiceRow> {
  const { column, reverse } = readSort(sort);
  const size = sizes[column];
  return size === undefined
    ? ordered(byName, byName, reverse)
    : ordered((left, right) => byNumber(size(left), size(right)), byName, reverse);
}
