/**
 * What the console's views share: amounts, places to go to, series over time. Types only.
 *
 * Units everywhere in `console/`: `cpus` cores, `mem` and `disk` MiB, `gpus` pieces, fractions allowed; times and
 * durations are milliseconds and end in `Ms`, points in time since 1970. `null`: not known, or there is none.
 * Views change only by growing.
 */

export type ConsoleResource = "cpus" | "mem" | "disk" | "gpus";

export type ConsoleAmounts = { readonly [Name in ConsoleResource]: number };

/** `used`: what runs there really uses; null: nobody has counted it yet. */
export type ConsoleGauge = {
  readonly capacity: number;
  readonly allocated: number;
  readonly offered: number;
  readonly used: number | null;
};

export type ConsoleGauges = { readonly [Name in ConsoleResource]: ConsoleGauge };

/** One value every `stepMs`, the first at `startMs`, the newest last. null: nothing was measured then. */
export type ConsoleSeries = {
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: readonly (number | null)[];
};

/** What was really used over time; `disk` where it is measured. */
export type ConsoleUsageHistory = {
  readonly cpus: ConsoleSeries;
  readonly mem: ConsoleSeries;
  readonly disk: ConsoleSeries;
};

/** What something is about, and where the console shows it. */
export type ConsoleLink = {
  readonly kind: "service" | "group" | "task" | "node" | "framework" | "role" | "deployment" | "cluster";
  readonly id: string;
  /** As people call it. */
  readonly name: string;
};

export type ConsoleHealth = {
  readonly healthy: number;
  readonly unhealthy: number;
  /** With checks that have not spoken yet, or without any. */
  readonly unknown: number;
};

/** Part of a list: what was left out before it, and how many there are with these filters. */
export type ConsolePage<Row> = {
  readonly rows: readonly Row[];
  readonly offset: number;
  readonly total: number;
};

/** Defaults: 0, 100 (at most 500), and each view's own order. */
export type ConsolePaging = {
  readonly offset?: number;
  readonly limit?: number;
  /** A column by the name of the row's member; with `-` before it the other way round. */
  readonly sort?: string;
};
