/**
 * The master's figures under Mesos's names.
 */

import type { Agent } from "#model/agent.ts";
import type { Framework } from "#model/framework.ts";
import type { FrameworkId } from "#model/ids.ts";
import { asMilli } from "#model/resource-value.ts";
import {
  fromMilli,
  type Resources,
  type ScalarName,
  scalarNames,
  scalarTotals,
  sumResources,
} from "#model/resources.ts";
import type { Task } from "#model/task.ts";
import { isTerminal, type TaskState, taskStates } from "#model/task-state.ts";
import { type ClusterSnapshot, holdersIn } from "./cluster.ts";
import {
  countByState,
  type Durations,
  type Metrics,
  metricsOf,
  percent,
  type SystemFigures,
  stateMetric,
  systemMetrics,
  timerMetrics,
} from "./metrics.ts";

export type MasterFigures = {
  readonly snapshot: ClusterSnapshot;
  readonly nowMs: number;
  readonly counts: {
    readonly tasksEnded: ReadonlyMap<TaskState, number>;
    readonly tasksLaunched: number;
    readonly agentsRegistered: number;
    readonly agentsReregistered: number;
    readonly agentsLost: number;
    readonly agentsGone: number;
    readonly allocationRuns: number;
    readonly statusUpdates: number;
    readonly calls: ReadonlyMap<string, number>;
    readonly subscribers: number;
  };
  /** Beyond their time-out since the start; of them came back unmarked; missing now; and whether none is marked. */
  readonly losses: {
    readonly scheduled: number;
    readonly canceled: number;
    readonly missing: number;
    readonly isHeld: boolean;
  };
  /** By role: how many filters are in force. */
  readonly filters: ReadonlyMap<string, number>;
  /** Inputs that wait for the master. */
  readonly backlog: number;
  readonly system: SystemFigures | undefined;
  /** How long its work takes, under Mesos's names. */
  readonly timers: ReadonlyMap<string, Durations | undefined>;
};

type Entry = readonly [string, number];

export const masterMetrics = (figures: MasterFigures): Metrics =>
  metricsOf([
    ...standing(figures),
    ...messages(figures),
    ...resourceEntries(figures),
    ...taskEntries(figures),
    ...frameworkEntries(figures),
    ...allocatorEntries(figures),
    ...timerMetrics(figures.timers),
    ...systemMetrics(figures.system),
  ]);

function standing({ snapshot, nowMs, backlog, counts }: MasterFigures): Entry[] {
  const agents = snapshot.agents.filter(({ agentId }) => !snapshot.recovered.has(agentId));
  const there = agents.filter(({ state }) => state === "active");
  const active = (list: readonly Agent[]): number => list.filter((agent) => !agent.deactivated).length;
  const frameworks = snapshot.frameworks.filter(({ state }) => state !== "completed");
  const connected = frameworks.filter(({ state }) => state === "active").length;
  const states = (state: Agent["state"]): number => agents.filter((agent) => agent.state === state).length;
  return [
    ["master/elected", 1],
    ["master/uptime_secs", (nowMs - snapshot.startedAtMs) / 1_000],
    ["master/slaves_active", active(there)],
    ["master/slaves_inactive", there.length - active(there)],
    ["master/slaves_connected", there.length],
    ["master/slaves_disconnected", states("disconnected")],
    ["master/slaves_unreachable", states("unreachable")],
    ["master/frameworks_active", connected],
    ["master/frameworks_connected", connected],
    ["master/frameworks_disconnected", frameworks.length - connected],
    ["master/frameworks_inactive", frameworks.length - connected],
    ["master/outstanding_offers", snapshot.offers.length],
    ["master/event_queue_messages", backlog],
    ["master/event_queue_dispatches", 0],
    ["master/event_queue_http_requests", 0],
    ["master/dropped_messages", 0],
    ["master/operator_event_stream_subscribers", counts.subscribers],
    ["registrar/log/recovered", 1],
    ["registrar/queued_operations", 0],
  ];
}

/** Mesos's counter, and the call of a scheduler that it counts. */
const callMetrics: readonly Entry[0][][] = [
  ["master/messages_register_framework", "subscribe"],
  ["master/messages_launch_tasks", "accept"],
  ["master/messages_decline_offers", "decline"],
  ["master/messages_revive_offers", "revive"],
  ["master/messages_suppress_offers", "suppress"],
  ["master/messages_kill_task", "kill"],
  ["master/messages_reconcile_tasks", "reconcile"],
  ["master/messages_reconcile_operations", "reconcile-operations"],
  ["master/messages_status_update_acknowledgement", "acknowledge"],
  ["master/messages_operation_status_update_acknowledgement", "acknowledge-operation-status"],
  ["master/messages_framework_to_executor", "message"],
  ["master/messages_resource_request", "request"],
  ["master/messages_unregister_framework", "teardown"],
];

const messages = ({ counts, losses }: MasterFigures): Entry[] => [
  ...callMetrics.map(([name = "", type = ""]): Entry => [name, counts.calls.get(type) ?? 0]),
  ["master/messages_register_slave", counts.agentsRegistered],
  ["master/messages_reregister_slave", counts.agentsReregistered],
  ["master/messages_status_update", counts.statusUpdates],
  ["master/valid_status_updates", counts.statusUpdates],
  ["master/invalid_status_updates", 0],
  ["master/slave_registrations", counts.agentsRegistered],
  ["master/slave_reregistrations", counts.agentsReregistered],
  ["master/slave_removals", counts.agentsLost + counts.agentsGone],
  ["master/slave_removals/reason_registered", 0],
  ["master/slave_removals/reason_unhealthy", counts.agentsLost],
  ["master/slave_removals/reason_unregistered", counts.agentsGone],
  ["master/recovery_slave_removals", 0],
  ["master/slave_unreachable_completed", counts.agentsLost],
  ["master/slave_unreachable_scheduled", losses.scheduled],
  ["master/slave_unreachable_canceled", losses.canceled],
  // Ours: Mesos has no such stop.
  ["master/slaves_missing", losses.missing],
  ["master/slave_unreachable_held", losses.isHeld ? 1 : 0],
];

const present = ({ agents, recovered }: ClusterSnapshot): readonly Agent[] =>
  agents.filter(({ state, agentId }) => state !== "unreachable" && !recovered.has(agentId));

function resourceEntries({ snapshot }: MasterFigures): Entry[] {
  const total = totals(present(snapshot).map(({ info }) => info.resources));
  const used = totals(holdersIn(snapshot).map(({ spec }) => spec.resources));
  return scalarNames.flatMap((name): Entry[] => [
    [`master/${name}_total`, total(name)],
    [`master/${name}_used`, used(name)],
    [`master/${name}_percent`, percent(used(name), total(name))],
    [`master/${name}_revocable_total`, 0],
    [`master/${name}_revocable_used`, 0],
    [`master/${name}_revocable_percent`, 0],
  ]);
}

/** Of many thousands, each time that somebody asks: the plain ones, which most are, are only added. */
function totals(list: readonly Resources[]): (name: ScalarName) => number {
  const sums = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  const others: Resources[] = [];
  for (const item of list)
    if (item.others.length > 0) others.push(item);
    else for (const name of scalarNames) sums[name] += item[name];
  const rest = scalarTotals(sumResources(others));
  return (name) => fromMilli(asMilli(sums[name] + (rest.get(name) ?? 0)));
}

function taskEntries({ snapshot, counts }: MasterFigures): Entry[] {
  const now = countByState(snapshot.tasks);
  return taskStates
    .filter((state) => state !== "unknown")
    .map((state) => [
      `master/tasks_${stateMetric(state)}`,
      (isTerminal(state) ? counts.tasksEnded : now).get(state) ?? 0,
    ]);
}

function frameworkEntries({ snapshot }: MasterFigures): Entry[] {
  const active = countByFramework(snapshot.tasks);
  const ended = countByFramework(snapshot.completedTasks);
  return snapshot.frameworks
    .filter(({ state }) => state !== "completed")
    .flatMap((framework) => ofFramework(framework, active, ended));
}

type Counts = ReadonlyMap<TaskState, number>;

function countByFramework(tasks: readonly Task[]): ReadonlyMap<FrameworkId, Counts> {
  const counts = new Map<FrameworkId, Map<TaskState, number>>();
  for (const { frameworkId, state } of tasks) {
    const own = counts.get(frameworkId) ?? new Map<TaskState, number>();
    counts.set(frameworkId, own.set(state, (own.get(state) ?? 0) + 1));
  }
  return counts;
}

function ofFramework(
  { frameworkId, info, state }: Framework,
  active: ReadonlyMap<FrameworkId, Counts>,
  ended: ReadonlyMap<FrameworkId, Counts>,
): Entry[] {
  // Names are the frameworks' own; a slash would look like a level of its own.
  const prefix = `master/frameworks/${info.name.replaceAll("/", "%2F")}/${frameworkId}`;
  return [
    [`${prefix}/subscribed`, state === "active" ? 1 : 0],
    ...taskStates.map((each): Entry => {
      const [kind, counts] = isTerminal(each) ? ["terminal", ended] : ["active", active];
      const count = counts.get(frameworkId)?.get(each) ?? 0;
      return [`${prefix}/tasks/${kind}/task_${stateMetric(each)}`, count];
    }),
  ];
}

function allocatorEntries({ snapshot, counts, filters }: MasterFigures): Entry[] {
  const total = totals(present(snapshot).map(({ info }) => info.resources));
  const held = totals([
    ...holdersIn(snapshot).map(({ spec }) => spec.resources),
    ...snapshot.offers.map(({ resources }) => resources),
  ]);
  return [
    ["allocator/event_queue_dispatches", 0],
    ["allocator/mesos/event_queue_dispatches", 0],
    ["allocator/mesos/allocation_runs", counts.allocationRuns],
    ...scalarNames.flatMap((name): Entry[] => [
      [`allocator/mesos/resources/${name}/total`, total(name)],
      [`allocator/mesos/resources/${name}/offered_or_allocated`, held(name)],
    ]),
    ...[...filters].map(
      ([role, count]): Entry => [`allocator/mesos/offer_filters/roles/${role}/active`, count],
    ),
  ];
}
