/**
 * One task with all that is known of it: its states, its resources against what it uses, checks, where its files are.
 */

import { definitionOf } from "#core/apps/state.ts";
import { frameworkId, taskId } from "#model/ids.ts";
import { healthChecksOf } from "#model/pod.ts";
import { eachPort } from "#model/port-ranges.ts";
import { fromMilli } from "#model/resources.ts";
import type { CommandSpec, ResourceLimit, RootFilesystem, Task, TaskExit } from "#model/task.ts";
import { taskStateNames } from "#wire/mesos/task-state.ts";
import type { TaskParams, TaskView } from "#wire/unum/console/tasks.ts";
import { instanceOfTask, sandboxOf } from "../desk/task-facts.ts";
import type { World } from "../desk/world.ts";
import { checkTextOf } from "./check-text.ts";
import { endedTasks, taskRow } from "./task-rows.ts";
import { eventsAbout } from "./timeline.ts";

export function viewTask(world: World, params: TaskParams): TaskView | null {
  const known = findTask(world, params);
  if (known === undefined) return null;
  const { task, endedAtMs } = known;
  const { spec } = task;
  return {
    task: taskRow(world, task, endedAtMs),
    role: task.role,
    executorId: spec.executorId ?? null,
    limits: {
      cpus: limitOf(spec.limits.cpus, "unlimited"),
      mem: limitOf(spec.limits.mem, spec.resources.mem),
    },
    command: commandText(spec.command),
    image: imageOf(spec.root),
    user: spec.user ?? null,
    addresses:
      task.statuses
        .findLast(({ networks, address }) => networks !== undefined || address !== undefined)
        ?.networks?.flatMap(({ addresses }) => addresses) ?? hostAddress(world, task),
    ports: [...eachPort(spec.resources.ports)],
    statuses: task.statuses.map((status) => ({
      state: taskStateNames[status.state],
      atMs: status.timestampMs,
      message: status.message,
      reason: status.reason ?? null,
      source: status.source,
      healthy: status.healthy ?? null,
      exit: exitText(status.exit),
    })),
    checks: checksOf(world, task),
    sandbox: world.master.tables.agent.has(spec.agentId) ? sandboxOf(task) : "",
    canExec: task.state === "running" && spec.command !== undefined,
    usage: world.usage.taskHistory(task.frameworkId, spec.taskId),
    events: eventsAbout(world, { task: spec.taskId }, 50),
  };
}

function findTask(
  world: World,
  { id, framework }: TaskParams,
): { readonly task: Task; readonly endedAtMs: number | undefined } | undefined {
  const { tables } = world.master;
  const frameworks =
    framework === undefined ? [world.apps.frameworkId, ...tables.framework.keys()] : [framework];
  for (const each of frameworks) {
    if (each === undefined) continue;
    const task = tables.task.get(`${frameworkId(each)}/${taskId(id)}`);
    if (task !== undefined) return { task, endedAtMs: undefined };
  }
  for (const [task, endedAtMs] of endedTasks(world))
    if (task.spec.taskId === id && (framework === undefined || task.frameworkId === framework))
      return { task, endedAtMs };
  return undefined;
}

const hostAddress = ({ master }: World, { spec }: Task): readonly string[] => {
  const hostname = master.tables.agent.get(spec.agentId)?.info.hostname;
  return hostname === undefined ? [] : [hostname];
};

function limitOf(limit: ResourceLimit | undefined, usual: ResourceLimit): number | "unlimited" {
  const value = limit ?? usual;
  return value === "unlimited" ? value : fromMilli(value);
}

function commandText(command: CommandSpec | undefined): string | null {
  switch (command?.kind) {
    case "shell":
      return command.text;
    case "argv":
      return command.argv.join(" ");
    case "entrypoint":
      return command.arguments.length === 0 ? null : command.arguments.join(" ");
    default:
      return null;
  }
}

function imageOf(root: RootFilesystem): string | null {
  if (root.kind === "image") return root.reference;
  return root.kind === "file" ? root.path : null;
}

function exitText(exit: TaskExit | undefined): string | null {
  if (exit === undefined) return null;
  return exit.kind === "code" ? `exit code ${exit.code}` : `signal ${exit.signal}`;
}

function checksOf({ apps }: World, task: Task): TaskView["checks"] {
  const instance = instanceOfTask(apps, task.spec.taskId);
  const definition = instance === undefined ? undefined : definitionOf(apps, instance);
  if (instance === undefined || definition === undefined) return ownCheck(task);
  const results = apps.health.get(instance.taskId)?.checks ?? [];
  return healthChecksOf(definition).map((check, index) => ({
    text: checkTextOf(check),
    alive: results[index]?.alive ?? null,
    consecutiveFailures: results[index]?.consecutiveFailures ?? 0,
    lastFailureCause: results[index]?.lastFailureCause ?? null,
    lastSuccessAtMs: results[index]?.lastSuccessAtMs ?? null,
  }));
}

/** Of another framework's: its agent makes it, and says how it went with the task's statuses. */
const ownCheck = ({ spec, statuses }: Task): TaskView["checks"] =>
  spec.healthCheck === undefined
    ? []
    : [
        {
          text: "health check by the agent",
          alive: statuses.at(-1)?.healthy ?? null,
          consecutiveFailures: 0,
          lastFailureCause: null,
          lastSuccessAtMs: null,
        },
      ];
