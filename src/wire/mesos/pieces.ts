/**
 * The pieces that several of Mesos's JSON answers are made of: resources, labels, times, capabilities, tasks.
 */

import type { AgentInfo } from "#model/agent.ts";
import { formatPorts } from "#model/port-ranges.ts";
import { isReserved, reservationRole } from "#model/reservation.ts";
import { formatValue } from "#model/resource-value.ts";
import { flatten, fromMilli, pick, type Resources } from "#model/resources.ts";
import type { Task, TaskStatus } from "#model/task.ts";
import { plainMessage } from "./plain-json.ts";
import { taskStateNames } from "./task-state.ts";
import { discoveryMessage } from "./translate/discovery.ts";
import { containerStatusMessage } from "./translate/task-message.ts";

export type Json = { readonly [name: string]: unknown };

/** Some clients cut the address out of it. */
export const formatPid = ({ address, port }: AgentInfo["endpoint"]): string => `slave(1)@${address}:${port}`;

/** All together, reserved or not; scalars always, ports and what else there is only if there are any. */
export function formatResourceTotals(resources: Resources): Json {
  const all = flatten(resources);
  const others = all.others.map(({ name, value }): [string, unknown] => [
    name,
    value.kind === "scalar" ? fromMilli(value.amount) : formatValue(value),
  ]);
  return {
    disk: fromMilli(all.disk),
    mem: fromMilli(all.mem),
    gpus: fromMilli(all.gpus),
    cpus: fromMilli(all.cpus),
    ...(all.ports.length === 0 ? {} : { ports: formatPorts(all.ports) }),
    ...Object.fromEntries(others),
  };
}

/** By role. */
export function formatReservedTotals(resources: Resources): Json {
  const roles = new Set(resources.others.filter(isReserved).map(reservationRole));
  return Object.fromEntries(
    [...roles].map((role) => [
      role,
      formatResourceTotals(
        pick(resources, false, (each) => isReserved(each) && reservationRole(each) === role),
      ),
    ]),
  );
}

export const formatUnreservedTotals = (resources: Resources): Json =>
  formatResourceTotals(pick(resources, true, (each) => !isReserved(each) && !each.revocable));

export const formatLabels = (labels: Readonly<Record<string, string>>): readonly Json[] =>
  Object.entries(labels).map(([key, value]) => ({ key, value }));

/** Mesos's times are seconds with a fraction. */
export const formatSeconds = (timeMs: number): number => timeMs / 1000;

export const formatCapability = (name: string): string => name.toUpperCase().replaceAll("-", "_");

export function formatTask(task: Task): Json {
  const { spec } = task;
  const discovery = discoveryMessage(spec);
  return {
    id: spec.taskId,
    name: spec.name,
    framework_id: task.frameworkId,
    executor_id: spec.executorId ?? "",
    slave_id: spec.agentId,
    state: taskStateNames[task.state],
    resources: formatResourceTotals(spec.resources),
    role: task.role,
    statuses: task.statuses.map(formatStatus),
    ...(Object.keys(spec.labels).length === 0 ? {} : { labels: spec.labelList ?? formatLabels(spec.labels) }),
    ...(discovery === undefined ? {} : { discovery: plainMessage(discovery) }),
  };
}

function formatStatus(status: TaskStatus): Json {
  const container = containerStatusMessage(status);
  return {
    state: taskStateNames[status.state],
    timestamp: formatSeconds(status.timestampMs),
    ...(status.labels === undefined || status.labels.length === 0 ? {} : { labels: status.labels }),
    ...(container === undefined ? {} : { container_status: plainMessage(container) }),
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
  };
}

const countedStates = [
  "staging",
  "starting",
  "running",
  "killing",
  "finished",
  "killed",
  "failed",
  "lost",
  "error",
  "unreachable",
] as const;

/** `TASK_RUNNING: 3` and so on, every one of the states that Mesos counts. */
export function countStates(tasks: Iterable<Task>): Json {
  const counts = new Map<string, number>(countedStates.map((state) => [state, 0]));
  for (const { state } of tasks) {
    const count = counts.get(state);
    if (count !== undefined) counts.set(state, count + 1);
  }
  return Object.fromEntries(countedStates.map((state) => [taskStateNames[state], counts.get(state)]));
}
