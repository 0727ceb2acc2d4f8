/**
 * What `unum fleet` says: a line while it runs, and a table at the end.
 */

import type { ProcessUsage } from "../load/master-process.ts";
import { spreadOf } from "../load/percentile.ts";
import { formatRows, type Row, showNumber, showSpread } from "../load/report.ts";
import type { Tally } from "../load/tally.ts";
import type { Figures } from "./messages.ts";

export type FleetResult = {
  readonly agents: number;
  readonly threads: number;
  /** Undefined: it ended before all were registered. */
  readonly registeredAfterMs: number | undefined;
  readonly figures: Figures;
  readonly doorLatenciesMs: readonly number[];
  readonly masterBefore: ProcessUsage | undefined;
  readonly masterRegistered: ProcessUsage | undefined;
  readonly masterLast: ProcessUsage | undefined;
  readonly ownMemoryBytes: number;
  /** By the fleet's own framework, if it has one. */
  readonly filled: Tally | undefined;
};

export const figuresLine = (figures: Figures, agents: number, updatesPerSecond: number): string =>
  `${figures.registered} of ${agents} agents registered, ${figures.connected} connected, ` +
  `${figures.running} tasks, ${Math.round(updatesPerSecond)} updates/s` +
  (figures.registered < agents && figures.trouble !== undefined ? `; ${figures.trouble}` : "");

export function formatFleetResult(result: FleetResult): string {
  const { agents, figures, filled, registeredAfterMs, masterBefore, masterRegistered, masterLast } = result;
  // What was in the way before all were registered is of no interest after.
  const trouble =
    [...(filled?.troubles ?? [])][0] ?? (figures.registered < agents ? figures.trouble : undefined);
  const seconds = registeredAfterMs === undefined ? undefined : registeredAfterMs / 1_000;
  const perAgent = growth(masterBefore, masterRegistered, "memoryBytes");
  const cpu = growth(masterBefore, masterRegistered, "cpuMs");
  return formatRows([
    ["agents", `${figures.registered} of ${agents} registered, on ${result.threads} thread(s)`],
    [
      "all registered after",
      seconds === undefined
        ? "never"
        : `${showNumber(seconds, "s")}, ${Math.round(agents / seconds)} per second`,
    ],
    ["links lost", String(figures.linksLost)],
    ["tasks", `${figures.running} run, ${figures.started} started, ${figures.ended} ended`],
    ...(filled === undefined ? [] : filledRows(filled, masterRegistered, masterLast)),
    ["updates sent", String(figures.updates)],
    ["GET /health meanwhile", showSpread(spreadOf(result.doorLatenciesMs))],
    ["master's memory", showMemory(masterBefore, masterRegistered, masterLast)],
    [
      "master's memory per agent",
      showNumber(perAgent === undefined ? undefined : perAgent / agents / 1024, "KiB"),
    ],
    ["master's CPU per registration", showNumber(cpu === undefined ? undefined : cpu / agents, "ms")],
    ["this process's own delay", `p99 ${showNumber(figures.lateMs, "ms")} in the slowest thread`],
    ["this process's memory", showNumber(result.ownMemoryBytes / 2 ** 20, "MiB")],
    ...(trouble === undefined ? [] : [["newest trouble", trouble] as Row]),
  ]);
}

/** What the fleet's own tasks took, and what each costs the master. */
function filledRows(
  tally: Tally,
  registered: ProcessUsage | undefined,
  last: ProcessUsage | undefined,
): readonly Row[] {
  const memory = growth(registered, last, "memoryBytes");
  return [
    ["own tasks launched", `${tally.ran}, ${showNumber(tally.launchesPerSecond)} per second`],
    ["ACCEPT to TASK_RUNNING", showSpread(spreadOf(tally.latenciesMs))],
    [
      "master's memory per task",
      showNumber(memory === undefined || tally.ran === 0 ? undefined : memory / tally.ran / 1_024, "KiB"),
    ],
  ];
}

const growth = (
  from: ProcessUsage | undefined,
  to: ProcessUsage | undefined,
  what: keyof ProcessUsage,
): number | undefined => (from === undefined || to === undefined ? undefined : to[what] - from[what]);

function showMemory(...usages: readonly (ProcessUsage | undefined)[]): string {
  const [before, registered, last] = usages.map((usage) =>
    showNumber(usage === undefined ? undefined : usage.memoryBytes / 2 ** 20, "MiB"),
  );
  return `${before} before, ${registered} with all agents, ${last} at the end`;
}
