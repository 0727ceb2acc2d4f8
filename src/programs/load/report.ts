/**
 * What `unum load` says: a line while it runs, a table or JSON at the end.
 */

import type { DoorProbe } from "./door-probe.ts";
import type { MasterDelay } from "./master-delay.ts";
import type { ProcessUsage } from "./master-process.ts";
import type { LoadOptions } from "./options.ts";
import { type Spread, spreadOf } from "./percentile.ts";
import type { Tally } from "./tally.ts";

export type LoadResult = {
  readonly frameworks: number;
  readonly encoding: string;
  readonly tasks: number;
  readonly ran: number;
  readonly finished: number;
  readonly failed: number;
  readonly secondsToRunAll: number | undefined;
  readonly launchesPerSecond: number | undefined;
  readonly acceptToRunningMs: Spread;
  readonly doorMs: Spread;
  readonly calls: number;
  readonly callsFailed: number;
  readonly updates: number;
  readonly masterCpuMs: number | undefined;
  readonly masterCpuMsPerLaunch: number | undefined;
  readonly masterMemoryMiB: number | undefined;
  /** Of its event loop, by its own word. */
  readonly masterLoopDelay: MasterDelay | undefined;
  /** How late the load's own event loop was: when this is much, it measured itself. */
  readonly ownDelayMs: number;
  readonly troubles: readonly string[];
};

export function resultOf(
  options: LoadOptions,
  tally: Tally,
  probe: DoorProbe,
  before: ProcessUsage | undefined,
  after: ProcessUsage | undefined,
  delays: { readonly own: number; readonly master: MasterDelay | undefined },
): LoadResult {
  const cpuMs = before === undefined || after === undefined ? undefined : after.cpuMs - before.cpuMs;
  return {
    frameworks: options.frameworks,
    encoding: options.encoding,
    tasks: options.tasks,
    ran: tally.ran,
    finished: tally.finished,
    failed: tally.failed,
    secondsToRunAll: tally.secondsToRunAll,
    launchesPerSecond: tally.launchesPerSecond,
    acceptToRunningMs: spreadOf(tally.latenciesMs),
    doorMs: spreadOf(probe.latenciesMs),
    calls: tally.calls,
    callsFailed: tally.callsFailed,
    updates: tally.updates,
    masterCpuMs: cpuMs,
    masterCpuMsPerLaunch: cpuMs === undefined || tally.ran === 0 ? undefined : cpuMs / tally.ran,
    masterMemoryMiB: after === undefined ? undefined : after.memoryBytes / 2 ** 20,
    masterLoopDelay: delays.master,
    ownDelayMs: delays.own,
    troubles: [...tally.troubles],
  };
}

export const progressLine = (tally: Tally, tasks: number, updatesPerSecond: number): string =>
  `${tally.launched} of ${tasks} launched, ${tally.ran} ran, ${tally.ended} ended, ` +
  `${tally.failed} failed, ${tally.callsFailed} calls refused, ${Math.round(updatesPerSecond)} updates/s`;

export const formatResult = (result: LoadResult): string =>
  formatRows([
    ["frameworks", `${result.frameworks}, ${result.encoding}`],
    ["tasks that ran", `${result.ran} of ${result.tasks}`],
    ["tasks that ended", `${result.finished} well, ${result.failed} badly`],
    ["first ACCEPT to last RUNNING", showNumber(result.secondsToRunAll, "s")],
    ["launches per second", showNumber(result.launchesPerSecond)],
    ["ACCEPT to TASK_RUNNING", showSpread(result.acceptToRunningMs)],
    ["calls", `${result.calls}, ${result.callsFailed} refused`],
    ["updates", String(result.updates)],
    ["GET /health meanwhile", showSpread(result.doorMs)],
    ["master's CPU", showNumber(result.masterCpuMs, "ms")],
    ["master's CPU per launch", showNumber(result.masterCpuMsPerLaunch, "ms")],
    ["master's memory after", showNumber(result.masterMemoryMiB, "MiB")],
    ["master's event-loop delay", showDelay(result.masterLoopDelay)],
    ["this process's own delay", `p99 ${showNumber(result.ownDelayMs, "ms")}`],
    ...result.troubles.map((text): Row => ["trouble", text]),
  ]);

const showDelay = (delay: MasterDelay | undefined): string =>
  delay === undefined
    ? "unknown"
    : `p99 ${showNumber(delay.p99Ms, "ms")}, max ${showNumber(delay.maxMs, "ms")}${showWait(delay.waitedShare)}`;

const showWait = (share: number | undefined): string =>
  share === undefined
    ? ""
    : `; ${Math.round(share * 100)} % of the time that it could run others had the processors`;

export type Row = readonly [name: string, text: string];

export function formatRows(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join("\n");
}

export function showNumber(value: number | undefined, unit = ""): string {
  if (value === undefined) return "unknown";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 3;
  return `${value.toFixed(digits)} ${unit}`.trim();
}

export const showSpread = ({ p50, p99, max }: Spread): string =>
  p50 === undefined
    ? "nothing measured"
    : `p50 ${showNumber(p50, "ms")}, p99 ${showNumber(p99, "ms")}, max ${showNumber(max, "ms")}`;
