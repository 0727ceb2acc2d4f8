/**
 * Nodes as a table, and as the map of all of them.
 */

import { limits } from "#base/limits.ts";
import type {
  NodeMapParams,
  NodeMapRow,
  NodeMapView,
  NodeRow,
  NodeStatus,
  NodesParams,
  NodesView,
} from "#wire/unum/console/nodes.ts";
import { compareNames } from "../../views/nodes.ts";
import { eachNode, type NodeEntry } from "../desk/node-index.ts";
import { byNumber, byText, type Compare, ordered, pageOf, readSort } from "../desk/paging.ts";
import type { World } from "../desk/world.ts";

export const nodeStatuses: readonly NodeStatus[] = [
  "active",
  "draining",
  "drained",
  "deactivated",
  "disconnected",
  "unreachable",
  "incompatible",
];

export function viewNodes({ nodes }: World, params: NodesParams): NodesView {
  const { offset = 0, limit = limits.consolePageUsual } = params;
  const keep = filterOf(params);
  const found: NodeRow[] = [];
  const zones = new Set<string>();
  const counts = noCounts();
  for (const entry of eachNode(nodes)) {
    counts[entry.row.status] += 1;
    if (entry.row.zone !== null) zones.add(entry.row.zone);
    if (keep(entry)) found.push(entry.row);
  }
  const total = found.length;
  const rows = pageOf(found, compareNodes(params.sort), offset, limit);
  return { rows, offset, total, counts, zones: [...zones].sort() };
}

export const noCounts = (): Record<NodeStatus, number> => ({
  active: 0,
  draining: 0,
  drained: 0,
  deactivated: 0,
  disconnected: 0,
  unreachable: 0,
  incompatible: 0,
});

function filterOf({ text, status, region, zone }: NodesParams): (entry: NodeEntry) => boolean {
  const statuses = status === undefined ? undefined : new Set(status);
  const wanted = text?.toLowerCase() ?? "";
  return ({ row, agent }) =>
    (statuses === undefined || statuses.has(row.status)) &&
    (region === undefined || row.region === region) &&
    (zone === undefined || row.zone === zone) &&
    (wanted === "" ||
      row.name.toLowerCase().includes(wanted) ||
      row.hostname.toLowerCase().includes(wanted) ||
      Object.entries(agent?.info.attributes ?? {}).some(([name, value]) =>
        `${name}:${value}`.toLowerCase().includes(wanted),
      ));
}

const byName: Compare<NodeRow> = (left, right) =>
  compareNames(left.name, right.name) || byText(left.key, right.key);

const share = (name: "cpus" | "mem" | "disk" | "gpus", figure: "allocated" | "used") => (row: NodeRow) => {
  const { [figure]: amount, capacity } = row.resources[name];
  return amount === null ? -1 : capacity === 0 ? 0 : amount / capacity;
};

const sizes: Readonly<Record<string, (row: NodeRow) => number>> = {
  status: ({ status }) => nodeStatuses.indexOf(status),
  tasks: ({ tasks }) => tasks,
  cpus: share("cpus", "allocated"),
  mem: share("mem", "allocated"),
  disk: share("disk", "allocated"),
  gpus: share("gpus", "allocated"),
  cpusUsed: share("cpus", "used"),
  memUsed: share("mem", "used"),
};

function compareNodes(sort: string | undefined): Compare<NodeRow> {
  const { column, reverse } = readSort(sort);
  const size = sizes[column];
  if (size !== undefined) return ordered((left, right) => byNumber(size(left), size(right)), byName, reverse);
  if (column === "zone")
    return ordered((left, right) => byText(left.zone ?? "", right.zone ?? ""), byName, reverse);
  return ordered(byName, byName, reverse);
}

/** One for each row, for as long as that is shown: rows that did not change are not made anew. */
const mapRows = new WeakMap<NodeRow, NodeMapRow>();

export function viewNodeMap({ nodes }: World, { groupBy = "zone" }: NodeMapParams): NodeMapView {
  const groupOf = (row: NodeRow): string => (groupBy === "none" ? "" : (row[groupBy] ?? ""));
  const entries = [...eachNode(nodes)].slice(0, limits.consoleMapNodesMax).map(({ row }) => row);
  const groups = [...new Set(entries.map(groupOf))].sort();
  const places = new Map(groups.map((group, index) => [group, index]));
  const rows = entries
    .map((row) => mapRowOf(row, places.get(groupOf(row)) ?? 0))
    .sort((left, right) => left[2] - right[2] || compareNames(left[1], right[1]));
  return { groups, statuses: nodeStatuses, rows };
}

function mapRowOf(row: NodeRow, group: number): NodeMapRow {
  const known = mapRows.get(row);
  if (known?.[2] === group) return known;
  const percent = (name: "cpus" | "mem" | "disk" | "gpus", figure: "allocated" | "used"): number => {
    const value = share(name, figure)(row);
    return value < 0 ? -1 : Math.round(Math.min(1, value) * 100);
  };
  const made: NodeMapRow = [
    row.key,
    row.name,
    group,
    nodeStatuses.indexOf(row.status),
    percent("cpus", "allocated"),
    percent("mem", "allocated"),
    percent("disk", "allocated"),
    percent("gpus", "allocated"),
    percent("cpus", "used"),
    percent("mem", "used"),
    row.tasks,
  ];
  mapRows.set(row, made);
  return made;
}
