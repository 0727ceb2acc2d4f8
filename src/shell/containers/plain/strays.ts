/**
 * Processes of a plain task that left its session and group, as daemons do: they are to end with the task too.
 *
 * They are known by their sandbox, which every process of a task has in its environment unless it took it out;
 * one that did is out of reach of a host without isolation.
 */

import { readdir, readFile } from "node:fs/promises";
import { sendSignal } from "../process-identity.ts";

/** One that forks while it is looked for is found the next time. */
const roundsMax = 5;

export async function killStrays(sandbox: string): Promise<void> {
  for (let round = 0; round < roundsMax; round += 1) {
    const pids = await processesWith(`MESOS_SANDBOX=${sandbox}`);
    if (pids.length === 0) return;
    for (const pid of pids) sendSignal(pid, "SIGKILL");
  }
}

async function processesWith(variable: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 1);
  const found: number[] = [];
  for (const pid of pids) {
    // Gone by now, or another user's: not ours.
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(variable)) found.push(pid);
  }
  return found;
}
