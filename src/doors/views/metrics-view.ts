/**
 * The master's figures, gathered from its state, from what was counted, and from the machine.
 */

import type { Metrics } from "#wire/mesos/metrics.ts";
import { masterMetrics } from "#wire/mesos/metrics-master.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewCluster } from "./cluster-view.ts";

export function viewMetrics(context: ClusterContext, done: (metrics: Metrics) => void): void {
  const { master, info, watch, system, timers, nowMs } = context;
  master.read(
    (state) => {
      const filters = new Map<string, number>();
      for (const { role } of state.tables.filter.values()) filters.set(role, (filters.get(role) ?? 0) + 1);
      return { snapshot: viewCluster(state, info), filters };
    },
    ({ snapshot, filters }) =>
      done(
        masterMetrics({
          snapshot,
          filters,
          nowMs: nowMs(),
          counts: watch.counts(),
          backlog: master.backlog?.() ?? 0,
          system: system?.(),
          timers: timers?.() ?? new Map(),
        }),
      ),
  );
}
