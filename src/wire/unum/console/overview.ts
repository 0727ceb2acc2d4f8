/**
 * The overview: the fleet as one computer, what is wrong now, what changed of late. Types only.
 */

import type { ConsoleGauges, ConsoleLink, ConsoleSeries } from "./common.ts";
import type { TimelineRow } from "./timeline.ts";

export type ProblemView = {
  /** The same while the problem lasts. */
  readonly key: string;
  readonly severity: "critical" | "warning" | "info";
  /** One sentence: what is wrong, with what, why. */
  readonly text: string;
  /** What to do; empty text if nothing is to be done. */
  readonly advice: string;
  readonly link: ConsoleLink;
  readonly sinceMs: number | null;
};

/** Of one resource, beside each other: shares of the capacity are the browser's to compute. */
export type CapacityHistory = {
  readonly capacity: ConsoleSeries;
  readonly allocated: ConsoleSeries;
  readonly used: ConsoleSeries;
};

export type ClusterHistory = {
  readonly cpus: CapacityHistory;
  readonly mem: CapacityHistory;
  readonly disk: CapacityHistory;
  readonly gpus: CapacityHistory;
};

export type OverviewParams = {
  /** `hour`: every 10 s; `day`: every 5 min. Default: hour. */
  readonly history?: "hour" | "day";
};

export type OverviewView = {
  readonly clusterName: string;
  readonly version: string;
  readonly resources: ConsoleGauges;
  readonly history: ClusterHistory;
  readonly nodes: {
    readonly total: number;
    readonly active: number;
    readonly disconnected: number;
    readonly unreachable: number;
    /** Of the active ones. */
    readonly draining: number;
    readonly deactivated: number;
  };
  readonly services: {
    readonly total: number;
    readonly running: number;
    readonly deploying: number;
    readonly waiting: number;
    readonly unhealthy: number;
    readonly suspended: number;
  };
  readonly tasks: {
    readonly running: number;
    readonly starting: number;
    readonly ending: number;
    readonly unreachable: number;
    readonly unhealthy: number;
  };
  readonly frameworks: { readonly active: number; readonly disconnected: number };
  /** The gravest first, at most 50. */
  readonly problems: readonly ProblemView[];
  readonly problemsLeftOut: number;
  /** The newest first, at most 20. */
  readonly recent: readonly TimelineRow[];
};
