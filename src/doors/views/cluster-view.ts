/**
 * What the doors take out of the master's state: references to values, gathered, never copied.
 */

import { identityOf, type MasterState } from "#core/master/state.ts";
import type { ClusterSnapshot } from "#wire/mesos/cluster.ts";
import type { ClusterInfo } from "../endpoint.ts";
import { directoryOf } from "../log-directory.ts";

export const viewCluster = (state: MasterState, info: ClusterInfo): ClusterSnapshot => ({
  masterId: identityOf(state)?.masterId ?? "",
  clusterName: info.clusterName,
  version: info.version,
  logDirectory: directoryOf(info.logFile),
  hostname: info.hostname,
  port: info.masterPort,
  startedAtMs: info.startedAtMs,
  agents: [...state.tables.agent.values()],
  recovered: new Set(state.recovered),
  frameworks: [...state.tables.framework.values()],
  tasks: [...state.tables.task.values()],
  completedTasks: [...state.tables["completed-task"].values()].map(({ task }) => task),
  executors: [...state.tables.executor.values()],
  offers: [...state.tables.offer.values()],
});
