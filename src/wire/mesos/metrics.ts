/**
 * Figures under Mesos's names, for `/metrics/snapshot` and GET_METRICS, and the same in Prometheus's format.
 *
 * Only what is measured here has a name here. Names with ids in them (frameworks) become labels for
 * Prometheus.
 */

import type { Task } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";

/** In the order of their names. */
export type Metrics = ReadonlyMap<string, number>;

/** What the machine says of itself; absent where nobody asked. */
export type SystemFigures = {
  readonly cpus: number;
  readonly load: readonly [oneMinute: number, fiveMinutes: number, fifteenMinutes: number];
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
  /** Of the process itself. */
  readonly residentBytes: number;
  readonly loopDelay: LoopDelay;
  /** Of the thread with the event loop; undefined: the kernel does not say. */
  readonly thread?: ThreadTimes | undefined;
};

/** In milliseconds; the percentiles are those of the newest thousand. */
export type Durations = {
  readonly last: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
};

/** A timer of Mesos's: its newest value under its name, the rest below it. */
export const timerMetrics = (timers: ReadonlyMap<string, Durations | undefined>): [string, number][] =>
  [...timers].flatMap(([name, durations]): [string, number][] => {
    if (durations === undefined) return [];
    const { last, ...rest } = durations;
    return [
      [name, last],
      ...Object.entries(rest).map(([part, value]): [string, number] => [`${name}/${part}`, value]),
    ];
  });

/** By how much the event loop was late in the last few seconds. */
export type LoopDelay = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** So far: on a processor, and ready to run without one, since others had them. */
export type ThreadTimes = { readonly ranSeconds: number; readonly waitedSeconds: number };

const threadMetrics = (thread: ThreadTimes | undefined): [string, number][] =>
  thread === undefined
    ? []
    : [
        ["process/event_loop_thread/ran_secs", thread.ranSeconds],
        ["process/event_loop_thread/waited_secs", thread.waitedSeconds],
      ];

export const systemMetrics = (figures: SystemFigures | undefined): [string, number][] =>
  figures === undefined
    ? []
    : [
        ["process/event_loop_delay_ms/max", figures.loopDelay.maxMs],
        ["process/event_loop_delay_ms/p50", figures.loopDelay.p50Ms],
        ["process/event_loop_delay_ms/p99", figures.loopDelay.p99Ms],
        ...threadMetrics(figures.thread),
        ["process/resident_bytes", figures.residentBytes],
        ["system/cpus_total", figures.cpus],
        ["system/load_15min", figures.load[2]],
        ["system/load_1min", figures.load[0]],
        ["system/load_5min", figures.load[1]],
        ["system/mem_free_bytes", figures.memoryFreeBytes],
        ["system/mem_total_bytes", figures.memoryTotalBytes],
      ];

/** `/system/stats.json`. */
export const formatSystem = (figures: SystemFigures): Readonly<Record<string, number>> => ({
  avg_load_15min: figures.load[2],
  avg_load_1min: figures.load[0],
  avg_load_5min: figures.load[1],
  cpus_total: figures.cpus,
  mem_free_bytes: figures.memoryFreeBytes,
  mem_total_bytes: figures.memoryTotalBytes,
});

export const metricsOf = (entries: Iterable<readonly [string, number]>): Metrics =>
  new Map([...entries].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));

export const percent = (used: number, total: number): number => (total === 0 ? 0 : used / total);

export const countByState = (tasks: Iterable<Task>): ReadonlyMap<TaskState, number> => {
  const counts = new Map<TaskState, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
};

export const stateMetric = (state: TaskState): string => state.replaceAll("-", "_");

/** `master/frameworks/NAME/ID/…`; a name holds no slash there. */
const frameworkMetric = /^master\/frameworks\/([^/]+)\/([^/]+)\/(.+)$/;

export function formatPrometheus(metrics: Metrics): string {
  const families = new Map<string, string[]>();
  for (const [name, value] of metrics) {
    const [, framework, id, rest] = frameworkMetric.exec(name) ?? [];
    const family = prometheusName(rest === undefined ? name : `master/framework/${rest}`);
    const labels =
      rest === undefined ? "" : `{framework=${labelText(framework)},framework_id=${labelText(id)}}`;
    const lines = families.get(family) ?? [];
    families.set(family, lines);
    lines.push(`${family}${labels} ${prometheusNumber(value)}`);
  }
  return [...families].flatMap(([family, lines]) => [`# TYPE ${family} untyped`, ...lines, ""]).join("\n");
}

const prometheusName = (name: string): string => `mesos_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;

const labelText = (text: string | undefined): string =>
  `"${(text ?? "").replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;

const prometheusNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : value < 0 ? "-Inf" : "NaN";
