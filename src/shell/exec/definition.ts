/**
 * What a runtime is told of a command that it runs in a container: the task's own process, with another command.
 *
 * So it has the task's user, walls, limits, environment and working directory, and nothing that the task has not.
 */

import type { SessionSpec } from "#model/session.ts";
import { argvOf } from "../containers/environment.ts";

/** The `process` part of the container's definition, as far as it matters here. */
export type TaskProcess = { readonly env?: readonly string[]; readonly [key: string]: unknown };

/** A line for `sh -c`, in which "$0" is where its files go and the rest the command. */
const intoFiles = 'mkdir -p "$0" && cd "$0" && exec "$@" >stdout 2>stderr';

export function sessionProcess(task: TaskProcess, spec: SessionSpec): object {
  const { command, env, terminal } = spec;
  const argv = argvOf(command);
  const variables = new Map((task.env ?? []).map((entry) => cut(entry)));
  const sandbox = variables.get("MESOS_SANDBOX") ?? ".";
  const own = `${sandbox}/containers/${spec.name}`;
  const isFiled = spec.isDetached && terminal === undefined;
  if (isFiled) variables.set("MESOS_SANDBOX", own);
  if (terminal !== undefined && !variables.has("TERM")) variables.set("TERM", "xterm");
  for (const [name, value] of Object.entries(env)) variables.set(name, value);
  return {
    ...task,
    args: isFiled ? ["/bin/sh", "-c", intoFiles, own, ...argv] : argv,
    env: [...variables].map(([name, value]) => `${name}=${value}`),
    terminal: terminal !== undefined,
    ...(terminal === undefined ? {} : { consoleSize: { width: terminal.columns, height: terminal.rows } }),
  };
}

function cut(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}
