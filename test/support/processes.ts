/**
 * The machine's processes, as a test looks for them: by their exact command line.
 */

import { readdirSync, readFileSync } from "node:fs";

export function listPids(): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Arguments joined by NUL; empty for a process that has ended, or a thread of the kernel. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0$/, "");
  } catch {
    return "";
  }
}

/** The processes with exactly this command line, in order. */
export const pidsOf = (...argv: readonly string[]): readonly number[] =>
  listPids()
    .filter((pid) => commandLine(pid) === argv.join("\0"))
    .toSorted((a, b) => a - b);
