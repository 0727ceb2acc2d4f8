/**
 * The environment and the command of a task, the same in every kind of container.
 */

import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import { LaunchRefusal } from "./launch-refusal.ts";

export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Throws `LaunchRefusal` for what only an image could tell; where there is one, it was asked before. */
export function argvOf(command: CommandSpec): readonly string[] {
  switch (command.kind) {
    case "shell":
      return ["/bin/sh", "-c", command.text];
    case "argv":
      return command.argv;
    case "entrypoint":
      throw new LaunchRefusal("it has neither a command nor an image that says one");
    default:
      return command satisfies never;
  }
}

/** Where the task finds its sandbox, and the one around it if it is nested. */
export type SandboxPlaces = { readonly own: string; readonly shared: string | undefined };

/**
 * What the task sees. Its own entries win, but not over where its sandbox is. Entries that no environment can
 * hold (a name with `=` or empty, a NUL) are left out.
 */
export function environmentOf(spec: ContainerSpec, places: SandboxPlaces): Readonly<Record<string, string>> {
  const sandbox = places.own;
  const entries: Record<string, string> = { PATH: DEFAULT_PATH, HOME: sandbox };
  for (const [name, value] of Object.entries(spec.env)) {
    if (name !== "" && !/[=\0]/.test(name) && !value.includes("\0")) entries[name] = value;
  }
  entries.MESOS_SANDBOX = sandbox;
  // An executor's older name for it; a nested task's, for its executor's.
  if (places.shared !== undefined) entries.MESOS_DIRECTORY = places.shared;
  else if (entries.MESOS_DIRECTORY !== undefined) entries.MESOS_DIRECTORY = sandbox;
  return entries;
}
