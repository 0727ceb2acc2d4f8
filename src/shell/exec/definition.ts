/**
 * What a runtime is told of a command that it runs in a container: the task's own process, with another command.
 *
 * So it has the task's user, walls, limits, environment and working directory, and nothing that the task has not,
 * but for what was changed in it before (`nested-process.ts`).
 */

import { dirname } from "node:path";
import type { SessionSpec } from "#model/session.ts";
import { argvOf } from "../containers/environment.ts";
import type { RlimitEntry } from "../containers/oci/config.ts";
import { stoppedFirst } from "./own-group.ts";

/** The `process` part of the container's definition, as far as it matters here. */
export type TaskProcess = {
  readonly env?: readonly string[];
  readonly user: { readonly uid: number; readonly gid: number; readonly [key: string]: unknown };
  readonly rlimits?: readonly RlimitEntry[];
  readonly [key: string]: unknown;
};

/** Without a terminal; one that is attended has its output elsewhere. */
export const hasOwnSandbox = ({ isDetached, terminal }: SessionSpec): boolean =>
  isDetached && terminal === undefined;

/**
 * A line for `sh -c`, in which "$0" is where its files go and the rest the command. Volumes are links, for it shares
 * the mounts of its task.
 */
function intoFiles(sandbox: string, own: string, volumes: SessionSpec["volumes"] = []): string {
  const links = volumes.map(({ containerPath, of, path }) => {
    const target = quoted(`${of === "self" ? own : sandbox}/${path}`);
    const around = dirname(containerPath);
    return `mkdir -p ${quoted(around)} && ln -sn ${target} ${quoted(containerPath)} && `;
  });
  return `mkdir -p "$0" && cd "$0" && exec >stdout 2>stderr && ${links.join("")}exec "$@"`;
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

export function sessionProcess(task: TaskProcess, spec: SessionSpec): object {
  const { command, env, terminal } = spec;
  const argv = argvOf(command);
  const variables = new Map((task.env ?? []).map((entry) => cut(entry)));
  const sandbox = variables.get("MESOS_SANDBOX") ?? ".";
  const own = `${sandbox}/containers/${spec.name}`;
  const isFiled = hasOwnSandbox(spec);
  if (isFiled) variables.set("MESOS_SANDBOX", own);
  if (terminal !== undefined && !variables.has("TERM")) variables.set("TERM", "xterm");
  for (const [name, value] of Object.entries(env)) variables.set(name, value);
  const args = isFiled ? ["/bin/sh", "-c", intoFiles(sandbox, own, spec.volumes), own, ...argv] : argv;
  return {
    ...task,
    args: spec.group === undefined ? args : stoppedFirst(args),
    env: [...variables].map(([name, value]) => `${name}=${value}`),
    terminal: terminal !== undefined,
    ...(terminal === undefined ? {} : { consoleSize: { width: terminal.columns, height: terminal.rows } }),
  };
}

function cut(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return [entry.slice(0, at), entry.slice(at + 1)];
}
