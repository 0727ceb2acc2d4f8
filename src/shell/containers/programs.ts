/**
 * Other people's programs on this host: where they are, which version they have, and what they say.
 */

import { type ExecFileException, execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_PATH } from "./environment.ts";

/** Long: who gives up too early on a busy host runs tasks without walls. */
const PROBE_TIMEOUT_MS = 60_000;

export async function findProgram(
  name: string,
  further: readonly string[] = [],
): Promise<string | undefined> {
  const path = `${process.env.PATH ?? ""}:${DEFAULT_PATH}`;
  for (const directory of [...path.split(":"), ...further]) {
    if (!directory.startsWith("/")) continue;
    const file = join(directory, name);
    const usable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return file;
  }
  return undefined;
}

export async function versionOf(path: string): Promise<string> {
  const { output } = await runProgram(path, ["--version"]);
  return /\d+(?:\.\d+)+/.exec(output)?.[0] ?? "of unknown version";
}

export function runProgram(
  program: string,
  args: readonly string[],
): Promise<{ readonly output: string; readonly failure: string | undefined }> {
  return new Promise((resolve) => {
    const done = (error: ExecFileException | null, stdout: string, stderr: string): void => {
      const words = stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
      const failure = error === null ? undefined : words || error.message;
      resolve({ output: stdout, failure });
    };
    execFile(
      program,
      [...args],
      { timeout: PROBE_TIMEOUT_MS, killSignal: "SIGKILL", encoding: "utf8" },
      done,
    );
  });
}
