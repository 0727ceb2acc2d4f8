/**
 * Starts a command in a container, by the host's OCI runtime, on pipes or on a terminal of its own.
 *
 * The terminal is made by `script` of util-linux: this process cannot make one. Its first line says that it is
 * ready; nothing is typed before, so that no key is taken for a signal to the runtime.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Duplex, Readable, Writable } from "node:stream";
import type { SessionSpec, TerminalSize } from "#model/session.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { DEFAULT_PATH } from "../containers/environment.ts";
import { parseDefinition } from "../containers/oci/parse-definition.ts";
import { privateDirectory, runtimeStateOf } from "../secrets/private-memory.ts";
import { sessionProcess, type TaskProcess } from "./definition.ts";
import { type NestedPolicy, nestedProcess } from "./nested-process.ts";
import { openPipes } from "./pipes.ts";

export type Runtime = {
  readonly name: "crun" | "runc";
  readonly path: string;
  readonly state: string;
  /** A mount that it must not see. */
  readonly hiddenMount: string;
  readonly policy: NestedPolicy;
  /** The program that makes terminals; undefined where there is none. */
  readonly script: string | undefined;
};

export type Started = {
  readonly child: ChildProcess;
  readonly stdin: Writable;
  /** In a terminal it is all there is. */
  readonly stdout: Readable;
  readonly stderr: Readable | undefined;
  /** Whether it has one, which says when it is ready. */
  readonly terminal: boolean;
  /** Holds the pid of the command, as soon as it has one. */
  readonly pidFile: string;
  readonly definitionFile: string;
  /** Where the runtime says what it does not hand on; see `last-words.ts`. */
  readonly logFile: string | undefined;
};

/** `number`: no other session of this process has it. Throws what says why it cannot be done. */
export async function startInContainer(
  runtime: Runtime,
  container: HeldContainer,
  number: string,
  spec: SessionSpec,
): Promise<Started> {
  const inside = (suffix: string): string => join(container.directory, `session-${number}.${suffix}`);
  const text = await readFile(join(container.directory, "config.json"), "utf8");
  const { process } = parseDefinition(text) as { readonly process: TaskProcess };
  const task = await nestedProcess(container, process, spec, runtime.policy);
  const own = privateDirectory(container.directory) ?? container.directory;
  const files = {
    ...{ pidFile: inside("pid"), definitionFile: join(own, `session-${number}.json`) },
    logFile: spec.terminal !== undefined && runtime.name === "crun" ? inside("log") : undefined,
  };
  await writeFile(files.definitionFile, JSON.stringify(sessionProcess(task, spec)), { mode: 0o600 });
  const argv = [
    ...["unshare", "--mount", "--propagation", "slave", "sh", join(import.meta.dirname, "exec.sh")],
    ...[
      runtime.hiddenMount,
      runtime.path,
      `--root=${runtimeStateOf(container.directory, runtime.state)}`,
      ...(files.logFile === undefined ? [] : [`--log=${files.logFile}`, "--log-format=json"]),
      "exec",
    ],
    ...["--pid-file", files.pidFile, "--process", files.definitionFile, container.name],
  ];
  try {
    const { terminal } = spec;
    return terminal === undefined
      ? { ...files, ...(await onPipes(argv)), terminal: false }
      : { ...files, ...onTerminal(argv, terminal, runtime.script), terminal: true };
  } catch (error) {
    await rm(files.definitionFile, { force: true });
    throw error;
  }
}

type Ends = Pick<Started, "child" | "stdin" | "stdout" | "stderr">;

/** In a process group of its own: a key that ends the agent ends no session by the way. */
const options = { cwd: "/", detached: true } as const;
const environment = (): NodeJS.ProcessEnv => ({ PATH: `${DEFAULT_PATH}:${process.env.PATH ?? ""}` });

async function onPipes([program = "", ...args]: readonly string[]): Promise<Ends> {
  const { child: ends, release, ...ours } = await openPipes();
  try {
    const child = spawn(program, args, { ...options, env: environment(), stdio: [...ends] });
    return { child, ...ours };
  } catch (error) {
    for (const end of Object.values(ours)) end.destroy();
    throw error;
  } finally {
    release();
  }
}

function onTerminal(argv: readonly string[], size: TerminalSize, script: string | undefined): Ends {
  if (script === undefined)
    throw new Error("there is no `script` (util-linux) on this agent, which makes terminals");
  const wrapped = ["sh", join(import.meta.dirname, "terminal.sh"), String(size.rows), String(size.columns)];
  const line = [...wrapped, ...argv].map(quoted).join(" ");
  const child = spawn(script, ["-q", "-e", "-f", "-c", `exec ${line}`, "/dev/null"], {
    ...options,
    env: { ...environment(), SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const { stdin, stdout } = child as unknown as { readonly stdin: Duplex; readonly stdout: Duplex };
  return { child, stdin, stdout, stderr: undefined };
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
