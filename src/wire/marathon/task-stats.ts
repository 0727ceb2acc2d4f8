/**
 * Statistics of an app's tasks (`embed=apps.taskStats`): how many in which condition, and for how long.
 */

import { parseTime } from "#base/time-text.ts";
import type { App } from "#model/app.ts";
import type { Json } from "./app-format.ts";
import { countTasks, type InstanceHealthView } from "./task-format.ts";

export function formatTaskStats(app: App, list: readonly InstanceHealthView[], nowMs: number): Json {
  const scaledAtMs = parseTime(app.lastScalingAt) ?? 0;
  const isLatest = ({ instance }: InstanceHealthView): boolean => instance.version >= app.lastConfigChangeAt;
  const groups = {
    startedAfterLastScaling: list.filter(({ instance }) => instance.stagedAtMs >= scaledAtMs),
    withLatestConfig: list.filter(isLatest),
    withOutdatedConfig: list.filter((one) => !isLatest(one)),
    totalSummary: list,
  };
  // A group without tasks is left out.
  return Object.fromEntries(
    Object.entries(groups)
      .filter(([, group]) => group.length > 0)
      .map(([name, group]) => [name, { stats: formatGroup(group, nowMs) }]),
  );
}

function formatGroup(group: readonly InstanceHealthView[], nowMs: number): Json {
  const { tasksStaged, tasksRunning, tasksHealthy, tasksUnhealthy } = countTasks(group);
  const lifeTimes = group
    .flatMap(({ instance }) =>
      instance.startedAtMs === undefined ? [] : [(nowMs - instance.startedAtMs) / 1000],
    )
    .sort((left, right) => left - right);
  return {
    counts: {
      staged: tasksStaged,
      running: tasksRunning,
      healthy: tasksHealthy,
      unhealthy: tasksUnhealthy,
    },
    ...(lifeTimes.length === 0
      ? {}
      : { lifeTime: { averageSeconds: average(lifeTimes), medianSeconds: median(lifeTimes) } }),
  };
}

const average = (sorted: readonly number[]): number =>
  sorted.reduce((sum, one) => sum + one, 0) / sorted.length;

function median(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
