/**
 * Rows of tasks: what the table, a node and a task itself show of one.
 */

import { listCompletedTasks } from "#core/master/views.ts";
import type { Task } from "#model/task.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { TaskRow } from "#wire/unum/console/tasks.ts";
import { byNumber, byText, type Compare, ordered, readSort } from "../desk/paging.ts";
import { amountsOf, healthyOf, serviceOfTask } from "../desk/task-facts.ts";
import { shown } from "../desk/usage-book.ts";
import type { World } from "../desk/world.ts";

export const keyOfTask = ({ frameworkId, spec }: Task): string => `${frameworkId}/${spec.taskId}`;

/** `endedAtMs`: of one that ended. */
export function taskRow({ master, apps, usage }: World, task: Task, endedAtMs: number | undefined): TaskRow {
  const { spec, frameworkId } = task;
  const used = endedAtMs === undefined ? usage.task(frameworkId, spec.taskId) : undefined;
  const agent = master.tables.agent.get(spec.agentId);
  const progress = task.state === "staging" ? task.progress : undefined;
  return {
    key: keyOfTask(task),
    id: spec.taskId,
    name: spec.name,
    service: serviceOfTask(apps, task) ?? null,
    frameworkId,
    nodeId: spec.agentId,
    nodeName: agent?.info.name ?? "",
    state: taskStateNames[task.state],
    healthy: healthyOf(apps, task) ?? null,
    resources: amountsOf(spec.resources),
    cpusUsed: shown(used?.cpus),
    memUsed: shown(used?.mem),
    launchedAtMs: task.launchedAtMs,
    endedAtMs: endedAtMs ?? null,
    message: progress ?? task.statuses.at(-1)?.message ?? "",
  };
}

/** When each of those ended that did, the newest first. */
export const endedTasks = ({ master }: World): ReadonlyMap<Task, number> =>
  new Map(
    listCompletedTasks(master)
      .reverse()
      .map(({ task, endedAtMs }) => [task, endedAtMs]),
  );

/** The newest first, if nothing else is asked for; total, since no two tasks have one key. */
export function compareTasks(
  world: World,
  sort: string | undefined,
  ended: ReadonlyMap<Task, number>,
): Compare<Task> {
  const { column, reverse } = readSort(sort);
  const second: Compare<Task> = (left, right) =>
    right.launchedAtMs - left.launchedAtMs || byText(keyOfTask(left), keyOfTask(right));
  const first = comparisons[column]?.(world, ended);
  return first === undefined ? second : ordered(first, second, reverse);
}

type By = (world: World, ended: ReadonlyMap<Task, number>) => Compare<Task>;

const bySize =
  (size: (task: Task, world: World, ended: ReadonlyMap<Task, number>) => number): By =>
  (world, ended) =>
  (left, right) =>
    byNumber(size(left, world, ended), size(right, world, ended));
const byName =
  (name: (task: Task, world: World) => string): By =>
  (world) =>
  (left, right) =>
    byText(name(left, world), name(right, world));

const comparisons: Readonly<Record<string, By>> = {
  launchedAtMs: bySize(({ launchedAtMs }) => launchedAtMs),
  endedAtMs: bySize((task, _, ended) => ended.get(task) ?? Number.MAX_SAFE_INTEGER),
  name: byName(({ spec }) => spec.name),
  state: byName(({ state }) => taskStateNames[state]),
  nodeName: byName(({ spec }, { master }) => master.tables.agent.get(spec.agentId)?.info.name ?? ""),
  cpus: bySize(({ spec }) => spec.resources.cpus),
  mem: bySize(({ spec }) => spec.resources.mem),
  cpusUsed: bySize(({ frameworkId, spec }, { usage }) => usage.task(frameworkId, spec.taskId)?.cpus ?? -1),
  memUsed: bySize(({ frameworkId, spec }, { usage }) => usage.task(frameworkId, spec.taskId)?.mem ?? -1),
};
