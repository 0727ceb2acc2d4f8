/**
 * The system's own programs, as the hosts of one machine need them: run, and what they complain of told.
 */

import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const directories = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
const timeoutMs = 30_000;

export const findProgram = (name: string): string | undefined =>
  directories.map((directory) => join(directory, name)).find(isExecutable);

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Resolves with its output; rejects with the first line of what it says of its failure. */
export function runCommand(name: string, argv: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const program = findProgram(name) ?? name;
    const child = execFile(
      program,
      [...argv],
      { timeout: timeoutMs, killSignal: "SIGKILL" },
      (error, out, words) => {
        if (error === null) return resolve(out);
        const why = words.trim().split("\n")[0]?.slice(0, 300) || error.message;
        reject(new Error(`${[name, ...argv].join(" ").slice(0, 200)}: ${why}`));
      },
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
