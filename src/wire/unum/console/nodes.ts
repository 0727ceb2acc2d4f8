/**
 * Nodes (agents): the table, the map of all of them, and one. Types only.
 */

import type { ConsoleGauges, ConsolePage, ConsolePaging, ConsoleUsageHistory } from "./common.ts";
import type { TaskRow } from "./tasks.ts";

/** `incompatible`: connected, of another version of the link. */
export type NodeStatus =
  | "active"
  | "draining"
  | "drained"
  | "deactivated"
  | "disconnected"
  | "unreachable"
  | "incompatible";

export type NodeRow = {
  /** The agent's id; of an incompatible one that never registered, its name. */
  readonly key: string;
  readonly name: string;
  readonly hostname: string;
  readonly status: NodeStatus;
  readonly region: string | null;
  readonly zone: string | null;
  /** Attribute `rack`. */
  readonly rack: string | null;
  readonly resources: ConsoleGauges;
  /** That hold resources. */
  readonly tasks: number;
  readonly tasksUnhealthy: number;
  readonly version: string;
  readonly registeredAtMs: number;
  readonly unreachableSinceMs: number | null;
};

/** Sorts by `name` (as people count), `status`, `zone`, `tasks`, `cpus`, `mem`, `disk` (share allocated), `cpusUsed`, `memUsed`. */
export type NodesParams = ConsolePaging & {
  /** In the name, the host name, an attribute (`rack:r1`). */
  readonly text?: string;
  readonly status?: readonly NodeStatus[];
  readonly region?: string;
  readonly zone?: string;
};

export type NodesView = ConsolePage<NodeRow> & {
  /** Of all nodes, whatever is filtered. */
  readonly counts: { readonly [Status in NodeStatus]: number };
  readonly zones: readonly string[];
};

/**
 * key, name, group (index in `groups`), status (index in `statuses`), then shares of the capacity in percent (0 to
 * 100, -1 not known): cpus allocated, mem allocated, disk allocated, gpus allocated, cpus used, mem used; tasks.
 */
export type NodeMapRow = readonly [
  key: string,
  name: string,
  group: number,
  status: number,
  cpus: number,
  mem: number,
  disk: number,
  gpus: number,
  cpusUsed: number,
  memUsed: number,
  tasks: number,
];

export type NodeMapParams = { readonly groupBy?: "zone" | "rack" | "region" | "none" };

/** Up to 20,000 nodes, by group and name. In patches a row's key is its first member. */
export type NodeMapView = {
  readonly groups: readonly string[];
  readonly statuses: readonly NodeStatus[];
  readonly rows: readonly NodeMapRow[];
};

export type NodeParams = ConsolePaging & { readonly id: string };

/** Rows: its tasks, those that ended too; sorts as in `tasks`. null in place of the view: there is no such node. */
export type NodeView = ConsolePage<TaskRow> & {
  readonly node: NodeRow;
  readonly address: string;
  readonly isolation: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly reservations: readonly {
    readonly role: string;
    readonly kind: "static" | "dynamic";
    /** For people: `cpus 2, mem 1024`. */
    readonly resources: string;
    readonly volumes: readonly string[];
  }[];
  readonly drain: {
    readonly state: "draining" | "drained";
    readonly sinceMs: number;
    readonly markGone: boolean;
    readonly tasksLeft: number;
  } | null;
  readonly maintenance: {
    readonly startMs: number;
    readonly durationMs: number | null;
    /** As the schedule names it: what the calls that begin and end the work ask for. */
    readonly machine: { readonly hostname: string | null; readonly ip: string | null };
    /** An operator said that work on it has begun. */
    readonly isDown: boolean;
  } | null;
  readonly usage: ConsoleUsageHistory;
  /** The whole machine, which may be more than what its tasks use. */
  readonly host: {
    readonly atMs: number;
    /** Of all cores, 0 to 1. */
    readonly cpuShare: number;
    readonly memTotal: number;
    readonly memUsed: number;
    readonly diskTotal: number;
    readonly diskUsed: number;
    readonly load1: number;
  } | null;
  /** For the treemap: all that hold resources, at most 1,000, the largest first. */
  readonly treemap: readonly {
    readonly key: string;
    readonly name: string;
    readonly service: string | null;
    readonly cpus: number;
    readonly mem: number;
  }[];
};
