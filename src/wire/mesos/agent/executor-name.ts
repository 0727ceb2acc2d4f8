/**
 * The name of the executor that Mesos makes for a task that brings none.
 */

import type { CommandSpec, Task } from "#model/task.ts";

const shownMax = 15;

export function commandExecutorName({ spec }: Task): string {
  const { command, taskId } = spec;
  if (command === undefined) return `Command Executor (Task: ${taskId})`;
  return `Command Executor (Task: ${taskId}) (Command: ${commandText(command)})`;
}

const commandText = (command: CommandSpec): string =>
  command.kind === "shell"
    ? `sh -c '${shorten(command.text)}'`
    : shorten((command.kind === "argv" ? command.argv : command.arguments).join(" "));

const shorten = (text: string): string =>
  text.length > shownMax ? `${text.slice(0, shownMax - 3)}...` : text;
