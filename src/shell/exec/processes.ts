/**
 * The processes of a session: all of the kernel's session that its first process leads, or is in.
 *
 * A shell gives each job a group of its own, but leaves all of them in its session. What starts a session of its
 * own inside of a container has left ours, and lives as long as the container.
 */

import { readFileSync } from "node:fs";
import { sendSignal } from "../containers/process-identity.ts";

/**
 * `members`: the pids of the container, as the host numbers them. `runtime`: the process that started it, which
 * leads the session of a command that has no terminal.
 */
export function signalSession(
  leader: number,
  runtime: number | undefined,
  members: readonly number[],
  signal: NodeJS.Signals,
): boolean {
  const sessions = [leader, runtime, members.includes(leader) ? sessionOf(leader) : undefined];
  const own = members.filter((pid) => pid === leader || sessions.includes(sessionOf(pid) ?? 0));
  // Its first process last: with it a terminal goes, which tells the others something else first.
  const ordered = [...own.filter((pid) => pid !== leader), ...own.filter((pid) => pid === leader)];
  // So that it does not go on, and exit by itself, when what it waited for is gone a moment earlier.
  if (signal === "SIGKILL" && own.includes(leader)) sendSignal(leader, "SIGSTOP");
  return ordered.map((pid) => sendSignal(pid, signal)).includes(true);
}

/** Of the container's processes the one that the runtime started: known before its pid file is written. */
export const startedBy = (runtime: number | undefined, members: readonly number[]): number | undefined =>
  members.find((pid) => runtime !== undefined && statusOf(pid)?.parent === runtime);

/** By a signal. */
export const isStopped = (pid: number): boolean => statusOf(pid)?.state === "T";

const sessionOf = (pid: number): number | undefined => statusOf(pid)?.session;

type Status = { readonly state: string; readonly parent: number; readonly session: number };

function statusOf(pid: number): Status | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in parentheses may hold anything; after it: state, parent, group, session.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", parent: Number(fields[1]), session: Number(fields[3]) };
  } catch {
    return undefined;
  }
}
