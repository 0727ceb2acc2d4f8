/**
 * An agent's figures under Mesos's names.
 */

import { fromMilli, scalarNames, scalarTotals, sumResources } from "#model/resources.ts";
import type { AgentSnapshot } from "./agent/held.ts";
import {
  countByState,
  type Metrics,
  metricsOf,
  percent,
  type SystemFigures,
  stateMetric,
  systemMetrics,
} from "./metrics.ts";

type Entry = readonly [string, number];

export function agentMetrics(snapshot: AgentSnapshot, system: SystemFigures | undefined): Metrics {
  const { containers, executors, info, startedAtMs, nowMs, disk } = snapshot;
  const held = containers.filter(({ phase }) => phase !== "terminated");
  const runners = [...held.filter(({ task }) => task.spec.executorId === undefined), ...executors];
  const states = countByState(containers.map(({ task }) => task));
  const total = scalarTotals(info.resources);
  const used = scalarTotals(
    sumResources([
      ...held.map(({ task }) => task.spec.resources),
      ...executors.map(({ spec }) => spec.resources),
    ]),
  );
  return metricsOf([
    ["slave/uptime_secs", (nowMs - startedAtMs) / 1_000],
    ["slave/registered", snapshot.isRegistered ? 1 : 0],
    ["slave/recovery_errors", 0],
    ["slave/frameworks_active", new Set(held.map(({ task }) => task.frameworkId)).size],
    ["slave/executors_registering", runners.filter(({ phase }) => phase === "queued").length],
    ["slave/executors_running", runners.filter(({ phase }) => phase === "launched").length],
    ["slave/executors_terminating", states.get("killing") ?? 0],
    ...(["staging", "starting", "running", "killing"] as const).map(
      (state): Entry => [`slave/tasks_${stateMetric(state)}`, states.get(state) ?? 0],
    ),
    ...scalarNames.flatMap((name): Entry[] => {
      const [has, uses] = [fromMilli(total.get(name) ?? zero), fromMilli(used.get(name) ?? zero)];
      return [
        [`slave/${name}_total`, has],
        [`slave/${name}_used`, uses],
        [`slave/${name}_percent`, percent(uses, has)],
        [`slave/${name}_revocable_total`, 0],
        [`slave/${name}_revocable_used`, 0],
        [`slave/${name}_revocable_percent`, 0],
      ];
    }),
    ["gc/path_removals_pending", disk.sandboxCount],
    ["gc/path_removals_succeeded", disk.removedCount],
    ["gc/path_removals_failed", 0],
    ["gc/disk_used_share", disk.usedShare],
    ["slave/executor_directory_max_allowed_age_secs", disk.allowedAgeMs / 1_000],
    ...systemMetrics(system),
  ]);
}

const zero = sumResources([]).cpus;
