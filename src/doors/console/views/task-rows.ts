/**
 * Rows of tasks: what the table, a node and a task itself show of one.
 */

import { listCompletedTasks } from "#core/master/views.ts";
import type { Task } from "#model/task.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { TaskRow } from "#wire/unum/console/tasks.ts";
import { byText, type Compare, ordered, pageInSlices, readSort } from "../desk/paging.ts";
import { type Slices, sliceItems } from "../desk/slices.ts";
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
const compareTasks: Compare<Task> = (left, right) =>
  right.launchedAtMs - left.launchedAtMs ||
  byText(left.frameworkId, right.frameworkId) ||
  byText(left.spec.taskId, right.spec.taskId);

/** A task beside what it is sorted by, looked up once: what others say of it may change before the page is found. */
type Sorted = { readonly task: Task; readonly by: number | string };

/** Of these, which are the caller's own list. */
export function* pageOfTasks(
  world: World,
  tasks: Task[],
  ended: ReadonlyMap<Task, number>,
  { sort, offset, limit }: { readonly sort: string | undefined; offset: number; limit: number },
): Slices<readonly Task[]> {
  const { column, reverse } = readSort(sort);
  const by = columns[column];
  if (by === undefined) return yield* pageInSlices(tasks, compareTasks, offset, limit);
  const sorted: Sorted[] = [];
  for (const task of tasks) {
    sorted.push({ task, by: by(task, world, ended) });
    if (sorted.length % sliceItems === 0) yield;
  }
  const compare = ordered<Sorted>(
    (left, right) => (left.by < right.by ? -1 : left.by > right.by ? 1 : 0),
    (left, right) => compareTasks(left.task, right.task),
    reverse,
  );
  return (yield* pageInSlices(sorted, compare, offset, limit)).map(({ task }) => task);
}

/** In one column all are numbers, or all are texts. */
type By = (task: Task, world: World, ended: ReadonlyMap<Task, number>) => number | string;

const columns: Readonly<Record<string, By>> = {
  launchedAtMs: ({ launchedAtMs }) => launchedAtMs,
  endedAtMs: (task, _, ended) => ended.get(task) ?? Number.MAX_SAFE_INTEGER,
  name: ({ spec }) => spec.name,
  state: ({ state }) => taskStateNames[state],
  nodeName: ({ spec }, { master }) => master.tables.agent.get(spec.agentId)?.info.name ?? "",
  cpus: ({ spec }) => spec.resources.cpus,
  mem: ({ spec }) => spec.resources.mem,
  cpusUsed: ({ frameworkId, spec }, { usage }) => usage.task(frameworkId, spec.taskId)?.cpus ?? -1,
  memUsed: ({ frameworkId, spec }, { usage }) => usage.task(frameworkId, spec.taskId)?.mem ?? -1,
};
