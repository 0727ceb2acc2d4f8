/**
 * The table of tasks: filtered, sorted and paged over all that the master knows, in slices, since these may be many.
 *
 * It shows the tasks as they were when it began; what has changed since is the next look's.
 */

import { limits } from "#base/limits.ts";
import { appId, taskId } from "#model/ids.ts";
import { taskIdsOf } from "#model/instance.ts";
import type { Task } from "#model/task.ts";
import { isTerminal } from "#model/task-state.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { TasksParams, TasksView } from "#wire/unum/console/tasks.ts";
import { eachNode } from "../desk/node-index.ts";
import { type Slices, sliceItems } from "../desk/slices.ts";
import { healthyOf, serviceOfTask } from "../desk/task-facts.ts";
import type { World } from "../desk/world.ts";
import { endedTasks, pageOfTasks, taskRow } from "./task-rows.ts";

export function* viewTasks(world: World, params: TasksParams): Slices<TasksView> {
  const { which = "active", offset = 0, limit = limits.consolePageUsual, sort } = params;
  const keep = filterOf(world, params);
  const found: Task[] = [];
  const ended = which === "active" ? noneEnded : endedTasks(world);
  if (which !== "ended") {
    let looked = 0;
    // One whose end is not acknowledged yet is among those that ended, too.
    for (const task of candidates(world, params)) {
      if (!isTerminal(task.state) && keep(task)) found.push(task);
      looked += 1;
      if (looked % sliceItems === 0) yield;
    }
  }
  for (const task of ended.keys()) if (keep(task)) found.push(task);
  const total = found.length;
  const page = yield* pageOfTasks(world, found, ended, { sort, offset, limit });
  const rows = page.map((task) => taskRow(world, task, ended.get(task)));
  return {
    rows,
    offset,
    total,
    states: countStates(world),
    ended: world.master.tables["completed-task"].size,
  };
}

const noneEnded: ReadonlyMap<Task, number> = new Map();

/** As they are now, by the index that leaves fewest to look at. */
function candidates(world: World, { service, node, framework }: TasksParams): readonly Task[] {
  const { master, apps } = world;
  const { tables, indexes } = master;
  if (service !== undefined)
    return [...(apps.instancesByApp.get(appId(service))?.values() ?? [])].flatMap((instance) =>
      taskIdsOf(instance).flatMap((id) => tables.task.get(`${apps.frameworkId}/${taskId(id)}`) ?? []),
    );
  const keys =
    node !== undefined
      ? (indexes.tasksByAgent.get(node as never) ?? [])
      : framework !== undefined
        ? (indexes.tasksByFramework.get(framework as never) ?? [])
        : undefined;
  return keys === undefined
    ? [...tables.task.values()]
    : [...keys].flatMap((key) => tables.task.get(key) ?? []);
}

function filterOf(world: World, params: TasksParams): (task: Task) => boolean {
  const { apps } = world;
  const { service, node, framework, healthy } = params;
  const states = params.state === undefined ? undefined : new Set(params.state);
  const text = params.text?.toLowerCase() ?? "";
  return (task) =>
    (states === undefined || states.has(taskStateNames[task.state])) &&
    (node === undefined || task.spec.agentId === node) &&
    (framework === undefined || task.frameworkId === framework) &&
    (service === undefined || serviceOfTask(apps, task) === service) &&
    (text === "" || hasText(task, text)) &&
    (healthy === undefined || healthyOf(apps, task) === healthy);
}

const hasText = ({ spec }: Task, text: string): boolean =>
  spec.taskId.toLowerCase().includes(text) || spec.name.toLowerCase().includes(text);

export function countStates({ nodes }: Pick<World, "nodes">): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { states } of eachNode(nodes))
    for (const [state, count] of states) {
      const name = taskStateNames[state];
      counts[name] = (counts[name] ?? 0) + count;
    }
  return counts;
}
