/**
 * The master's figures, gathered from its state, from what was counted, and from the machine.
 */

import { isMissing, lossesOf } from "#core/master/agent-losses.ts";
import type { MasterState } from "#core/master/state.ts";
import type { Metrics } from "#wire/mesos/metrics.ts";
import { masterMetrics } from "#wire/mesos/metrics-master.ts";
import type { ClusterContext } from "../endpoint.ts";
import { viewCluster } from "./cluster-view.ts";

export function viewMetrics(context: ClusterContext, done: (metrics: Metrics) => void): void {
  const { master, info, watch, system, timers, nowMs } = context;
  master.read(
    (state, atMs) => {
      const filters = new Map<string, number>();
      for (const { role } of state.tables.filter.values()) filters.set(role, (filters.get(role) ?? 0) + 1);
      return { snapshot: viewCluster(state, info), filters, losses: lossFigures(state, atMs) };
    },
    ({ snapshot, filters, losses }) =>
      done(
        masterMetrics({
          snapshot,
          filters,
          losses,
          nowMs: nowMs(),
          counts: watch.counts(),
          backlog: master.backlog?.() ?? 0,
          system: system?.(),
          timers: timers?.() ?? new Map(),
        }),
      ),
  );
}

function lossFigures(state: MasterState, nowMs: number) {
  const { scheduled, canceled, hold } = lossesOf(state);
  let missing = 0;
  for (const { agentId } of state.tables.agent.values()) if (isMissing(state, agentId, nowMs)) missing += 1;
  return { scheduled, canceled, missing, isHeld: hold !== undefined };
}
