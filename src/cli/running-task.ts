/**
 * A task that runs, as it was named, and its container, as its agent knows it.
 *
 * For commands that go into one; a task that has ended, or does not run yet, is an error in words.
 */

import type { Api } from "./api.ts";
import { CliError, exitCodes } from "./command.ts";
import { arrayAt, type Json, recordAt, textAt, toRecord } from "./json.ts";
import { findTask, hasEnded, listTasks, noSuchTask, type TaskRow, tasksOfApp } from "./tasks.ts";

export async function runningTask(api: Api, given: string): Promise<TaskRow> {
  const { tasks } = await listTasks(api);
  const ofApp = tasksOfApp(tasks, given).filter((task) => !hasEnded(task));
  if (ofApp.length > 1) {
    throw new CliError(
      `"${given}" has ${ofApp.length} tasks:\n${ofApp
        .slice(0, 5)
        .map(({ id }) => `  ${id}`)
        .join("\n")}`,
      exitCodes.usage,
      "Name one of them.",
    );
  }
  const task = ofApp[0] ?? findTask(tasks, given);
  if (task === undefined) throw noSuchTask(given);
  if (!hasEnded(task)) return task;
  throw new CliError(
    `task ${task.id} has ended`,
    exitCodes.notFound,
    "See those that run with `unum task list`.",
  );
}

/** As its agent knows it. */
export async function containerOf(api: Api, path: string, task: TaskRow, what: string): Promise<Json> {
  const { body } = await api.send({ method: "POST", path, body: { type: "GET_TASKS" }, what });
  for (const held of arrayAt(recordAt(body, "get_tasks"), "launched_tasks")) {
    if (textAt(recordAt(held, "task_id"), "value") !== task.id) continue;
    const status = toRecord(arrayAt(held, "statuses").at(-1));
    const id = toRecord(recordAt(status, "container_status")).container_id;
    if (id !== undefined) return id;
  }
  throw new CliError(`cannot ${what}: it does not run yet, or no more`, exitCodes.notFound);
}
