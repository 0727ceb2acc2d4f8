/**
 * The cluster's tasks as commands see them, and which of them a user means by a few letters.
 */

import type { TaskView } from "#wire/unum/views.ts";
import { type Api, absoluteId } from "./api.ts";
import { CliError, exitCodes } from "./command.ts";
import { arrayAt, type Json, numberAt, recordAt, textAt, toRecord } from "./json.ts";

/** What the commands use of a task; missing members of an older cluster are empty. */
export type TaskRow = Pick<TaskView, "id" | "name" | "appId" | "agentId" | "agentName" | "state"> &
  Pick<
    TaskView,
    | "hostname"
    | "healthy"
    | "ports"
    | "addresses"
    | "startedAt"
    | "endedAt"
    | "message"
    | "progress"
    | "sandbox"
  > & {
    readonly cpus: number;
    readonly mem: number;
  };

export async function listTasks(
  api: Api,
): Promise<{ readonly body: Json; readonly tasks: readonly TaskRow[] }> {
  const { body } = await api.get("/unum/v1/tasks", "list tasks");
  return { body, tasks: arrayAt(body, "tasks").map(readTask) };
}

function readTask(value: Json): TaskRow {
  const text = (name: string): string => textAt(value, name) ?? "";
  const healthy = toRecord(value).healthy;
  const resources = recordAt(value, "resources");
  return {
    id: text("id"),
    name: text("name"),
    appId: textAt(value, "appId") ?? appOfTaskId(text("id")),
    agentId: text("agentId"),
    agentName: text("agentName"),
    hostname: text("hostname"),
    state: text("state"),
    healthy: typeof healthy === "boolean" ? healthy : null,
    ports: arrayAt(value, "ports").filter((port) => typeof port === "number"),
    addresses: arrayAt(value, "addresses").filter((address) => typeof address === "string"),
    startedAt: textAt(value, "startedAt") ?? null,
    endedAt: textAt(value, "endedAt") ?? null,
    message: text("message"),
    progress: textAt(value, "progress") ?? null,
    sandbox: text("sandbox"),
    cpus: numberAt(resources, "cpus") ?? 0,
    mem: numberAt(resources, "mem") ?? 0,
  };
}

/** The app service forgets a task that has ended, but its id tells: `group_web.instance-….` is of `/group/web`. */
function appOfTaskId(taskId: string): string | null {
  const app = /^(.+)\.instance-/.exec(taskId)?.[1];
  return app === undefined ? null : `/${app.replaceAll("_", "/")}`;
}

export const hasEnded = (task: TaskRow): boolean => task.endedAt !== null;

/** The task whose id is `given` or, alone among all, contains it at its start or after its app's name. */
export function findTask(tasks: readonly TaskRow[], given: string): TaskRow | undefined {
  const exact = tasks.find(({ id }) => id === given);
  if (exact !== undefined) return exact;
  const matching = tasks.filter(
    (task) => task.id.startsWith(given) || distinctPart(task.id).startsWith(given),
  );
  const running = matching.filter((task) => !hasEnded(task));
  const chosen = running.length > 0 ? running : matching;
  if (chosen.length > 1) {
    const some = chosen.slice(0, 5).map(({ id }) => `  ${id}`);
    throw new CliError(
      `"${given}" fits ${chosen.length} tasks:\n${some.join("\n")}${chosen.length > 5 ? "\n  …" : ""}`,
      exitCodes.usage,
      "Type more of it.",
    );
  }
  return chosen[0];
}

/** Running tasks of the app, or, when none runs, the newest that ended. */
export function tasksOfApp(tasks: readonly TaskRow[], given: string): readonly TaskRow[] {
  const own = tasks.filter(({ appId }) => appId === absoluteId(given));
  const running = own.filter((task) => !hasEnded(task));
  if (running.length > 0) return running;
  const newest = own.toSorted((a, b) => ((a.endedAt ?? "") < (b.endedAt ?? "") ? 1 : -1))[0];
  return newest === undefined ? [] : [newest];
}

export const noSuchTask = (given: string): CliError =>
  new CliError(
    `there is no task or app "${given}"`,
    exitCodes.notFound,
    "See them with `unum task list --all`.",
  );

/** What tells a task from others of its app: `1b9d6bcd` of `web.instance-1b9d6bcd-….`. */
export function distinctPart(taskId: string): string {
  return /\.(?:instance-)([^.]+)/.exec(taskId)?.[1] ?? taskId;
}

export const shortId = (taskId: string): string => distinctPart(taskId).slice(0, 8);
