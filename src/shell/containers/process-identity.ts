/**
 * A process, named for good: its pid together with its start time, since pids are used again.
 *
 * Start times are field 22 of /proc/<pid>/stat, in ticks since the host started, kept as text.
 */

import { readFileSync } from "node:fs";

export type ProcessIdentity = { readonly pid: number; readonly startTime: string };

/** Never alive. */
export const noProcess: ProcessIdentity = { pid: 0, startTime: "" };

/** Undefined when there is no such process, or only what its parent has not yet collected. */
export function processStartTime(pid: number): string | undefined {
  const { state, startTime } = readStat(pid);
  return state === "Z" || state === "X" ? undefined : startTime;
}

/** Who will collect a process, if its command line has `word`: whoever else got an orphan is of no interest. */
export function parentOf(pid: number, word: string): ProcessIdentity | undefined {
  const parent = Number(readStat(pid).parent);
  const startTime = parent > 0 ? processStartTime(parent) : undefined;
  if (startTime === undefined) return undefined;
  try {
    const words = readFileSync(`/proc/${parent}/cmdline`, "latin1").split("\0");
    return words.includes(word) ? { pid: parent, startTime } : undefined;
  } catch {
    return undefined;
  }
}

type Stat = { readonly state?: string; readonly parent?: string; readonly startTime?: string };

function readStat(pid: number): Stat {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return {};
  }
  // The name in parentheses may hold anything, parentheses too.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state, parent: rest[0], startTime: rest[18] } as Stat;
}

export const isAlive = (identity: ProcessIdentity): boolean =>
  processStartTime(identity.pid) === identity.startTime;

/** From the line that a lane writes, `<pid> <start time>`; undefined when it is incomplete. */
export function parseIdentity(line: string): ProcessIdentity | undefined {
  const match = /^(\d+) (\d+)\s*$/.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { pid: Number(match[1]), startTime: match[2] };
}

/** Sends a signal; false when the process, or the group (a negative pid), is not there. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Differs after each start of the host: what was known of processes before it is void. */
export function hostBootId(): string {
  bootId ??= readFileSync(bootIdFile, "utf8").trim();
  return bootId;
}

/** Another file than the kernel's, whose text a test can change as only a start of the host changes the kernel's. */
export function readBootIdFrom(file: string): void {
  bootIdFile = file;
  bootId = undefined;
}

let bootIdFile = "/proc/sys/kernel/random/boot_id";
let bootId: string | undefined;
