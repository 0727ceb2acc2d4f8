/**
 * The name of the executor that Mesos makes for a task that brings none.
 */

import type { Task } from "#model/task.ts";

const shownMax = 15;

export function commandExecutorName({ spec }: Task): string {
  const { command, taskId } = spec;
  const text =
    command.kind === "shell" ? `sh -c '${shorten(command.text)}'` : shorten(command.argv.join(" "));
  return `Command Executor (Task: ${taskId}) (Command: ${text})`;
}

const shorten = (text: string): string =>
  text.length > shownMax ? `${text.slice(0, shownMax - 3)}...` : text;
