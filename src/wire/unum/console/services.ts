/**
 * Services: apps, pods and their groups as a tree with health, and one service with all that concerns it. Types only.
 */

import type {
  ConsoleAmounts,
  ConsoleHealth,
  ConsoleLink,
  ConsolePage,
  ConsolePaging,
  ConsoleUsageHistory,
} from "./common.ts";
import type { TimelineRow } from "./timeline.ts";

/** `waiting`: instances are missing for which there is no place; `delayed`: launches wait after failures. */
export type ServiceStatus = "running" | "deploying" | "waiting" | "delayed" | "unhealthy" | "suspended";

export type ServiceRow = {
  /** Its path. A group and an app cannot have the same. */
  readonly key: string;
  /** The last segment of its path. */
  readonly name: string;
  readonly kind: "group" | "app" | "pod";
  /** Of a group: the worst of all below it. */
  readonly status: ServiceStatus;
  /** Of a group, like all that follows: the sum of all below it. */
  readonly wanted: number;
  readonly running: number;
  readonly starting: number;
  readonly health: ConsoleHealth;
  /** Requested by one instance, times the instances that there are. */
  readonly allocated: ConsoleAmounts;
  /** null: nobody has counted. */
  readonly cpusUsed: number | null;
  readonly memUsed: number | null;
  /** Of a group: apps and pods at any depth; else 0. */
  readonly services: number;
  readonly role: string | null;
  /** Why it is as it is, if it is not well; else empty. */
  readonly why: string;
  /** Milliseconds; null for groups. */
  readonly changedAtMs: number | null;
};

/** Sorts by `name` (groups first), `status`, `wanted`, `running`, `cpus`, `mem`, `cpusUsed`, `memUsed`, `changedAtMs`. */
export type ServicesParams = ConsolePaging & {
  /** What is right below it; default `/`. With `flat`: all apps and pods at any depth. */
  readonly group?: string;
  readonly flat?: boolean;
  /** In the path or in a label (`key:value`); implies `flat`. */
  readonly text?: string;
  readonly status?: readonly ServiceStatus[];
  readonly kind?: "app" | "pod";
};

export type ServicesView = ConsolePage<ServiceRow> & {
  readonly group: string;
  /** Apps and pods below the group at any depth, whatever is filtered. */
  readonly counts: { readonly [Status in ServiceStatus]: number };
  readonly deployments: readonly DeploymentView[];
};

export type DeploymentView = {
  readonly id: string;
  readonly startedAtMs: number;
  readonly deadlineAtMs: number | null;
  /** 0-based; equals `steps.length` when done. */
  readonly currentStep: number;
  readonly steps: readonly {
    readonly actions: readonly {
      readonly action: "start" | "scale" | "restart" | "stop";
      readonly service: string;
    }[];
  }[];
  readonly services: readonly string[];
  readonly waits: readonly {
    readonly service: string;
    readonly what: string;
    readonly count: number;
    readonly sinceMs: number | null;
    readonly text: string;
  }[];
};

export type InstanceRow = {
  /** The id of its (first) task. */
  readonly key: string;
  /** Of each of its containers; of an app one. */
  readonly tasks: readonly { readonly id: string; readonly name: string; readonly state: string }[];
  readonly state: string;
  readonly healthy: boolean | null;
  readonly ready: boolean | null;
  readonly nodeId: string;
  readonly nodeName: string;
  readonly hostname: string;
  /** `host:port`, or `address:port` in a network of its own. */
  readonly addresses: readonly string[];
  readonly version: string;
  /** Whether it runs the configuration that is wanted now. */
  readonly isCurrent: boolean;
  readonly stagedAtMs: number;
  readonly startedAtMs: number | null;
  readonly ending: string | null;
  readonly checks: readonly {
    readonly alive: boolean | null;
    readonly consecutiveFailures: number;
    readonly lastFailureCause: string | null;
  }[];
  readonly cpusUsed: number | null;
  readonly memUsed: number | null;
  /** Where each task's files are, for `/agent/{nodeId}/files/…`; in the order of `tasks`. */
  readonly sandboxes: readonly string[];
};

/** A change that would help, as a patch of the definition; null: a person has to decide. */
export type PlacementFix = {
  readonly text: string;
  readonly patch: Readonly<Record<string, unknown>> | null;
};

export type PlacementView = {
  /** One sentence or two: the answer. */
  readonly summary: string;
  readonly missing: number;
  readonly sinceMs: number | null;
  readonly delayMs: number;
  readonly agents: number;
  readonly fits: number;
  /** Most agents first, at most 20. */
  readonly reasons: readonly {
    readonly text: string;
    readonly agents: number;
    readonly examples: readonly string[];
  }[];
  readonly nearest: { readonly nodeId: string; readonly nodeName: string; readonly text: string } | null;
  readonly fixes: readonly PlacementFix[];
};

export type ServiceParams = ConsolePaging & { readonly id: string };

/** Rows: its instances; sorts by `state`, `nodeName`, `stagedAtMs`, `healthy`. null: there is no such service. */
export type ServiceView = ConsolePage<InstanceRow> & {
  readonly service: ServiceRow;
  /** As Marathon's API gives it: what `PUT /v2/apps/{id}` or `/v2/pods/{id}` takes. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** The newest first. The definition of another one: `/v2/apps/{id}/versions/{version}`, `/v2/pods/{id}::versions/{version}`. */
  readonly versions: readonly string[];
  readonly version: string;
  readonly deployment: DeploymentView | null;
  readonly endpoints: readonly {
    readonly name: string | null;
    readonly protocol: string;
    /** null: none is assigned. */
    readonly servicePort: number | null;
    readonly addresses: readonly string[];
  }[];
  readonly lastFailure: {
    readonly taskId: string;
    readonly state: string;
    readonly message: string;
    readonly hostname: string;
    readonly atMs: number;
  } | null;
  /** null: nothing is missing. */
  readonly placement: PlacementView | null;
  readonly dependencies: readonly ConsoleLink[];
  /** Of all its tasks; with one's id it names it for good. Empty: the app service is not registered yet. */
  readonly frameworkId: string;
  /** Of all instances together. */
  readonly usage: ConsoleUsageHistory;
  /** The newest first, at most 50. */
  readonly events: readonly TimelineRow[];
};
