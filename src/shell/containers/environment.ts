/**
 * The environment and the command of a task, the same in every kind of container.
 */

import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";

export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export const argvOf = (command: CommandSpec): readonly string[] =>
  command.kind === "shell" ? ["/bin/sh", "-c", command.text] : command.argv;

/**
 * What the task sees. Its own entries win, but not over where its sandbox is. Entries that no environment can
 * hold (a name with `=` or empty, a NUL) are left out.
 */
export function environmentOf(spec: ContainerSpec, sandbox: string): Readonly<Record<string, string>> {
  const entries: Record<string, string> = { PATH: DEFAULT_PATH, HOME: sandbox };
  for (const [name, value] of Object.entries(spec.env)) {
    if (name !== "" && !/[=\0]/.test(name) && !value.includes("\0")) entries[name] = value;
  }
  entries.MESOS_SANDBOX = sandbox;
  return entries;
}
