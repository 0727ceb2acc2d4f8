/**
 * What an earlier `unum up` on the same data directory may have left: children that are still ending.
 *
 * Its tasks are no business of this file: they run on, and the new agents find them.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, sendSignal } from "#shell/containers/process-identity.ts";
import { type ClusterFile, readClusterFile } from "#shell/process/cluster-file.ts";
import { UsageError } from "../flags.ts";

/** Children end by themselves when their parent is gone; this long they get. */
const patienceMs = 10_000;
const killedMs = 5_000;

/** What was left, once none of its processes runs any more; undefined after an orderly stop. */
export async function settleEarlier(
  dataDirectory: string,
  agents: number,
  say: (text: string) => void,
): Promise<ClusterFile | undefined> {
  const earlier = readClusterFile(dataDirectory);
  if (earlier === undefined) return undefined;
  if (earlier.agents.length > agents) {
    throw new UsageError(
      `The cluster in ${dataDirectory} was not stopped in order and had ${earlier.agents.length} agents, whose tasks ` +
        `may still run. Start it with --agents ${earlier.agents.length} and stop it, then change their number.`,
    );
  }
  const running = (): ClusterFile["children"] => earlier.children.filter(isAlive);
  if (running().length === 0) return earlier;
  say("Waiting for the processes of the earlier run to end …");
  // One that was paused on purpose has not noticed yet.
  for (const { pid } of running()) sendSignal(pid, "SIGCONT");
  if (await until(() => running().length === 0, patienceMs)) return earlier;
  for (const child of running()) {
    say(`${child.name} (pid ${child.pid}) of the earlier run does not end; it is killed.`);
    sendSignal(child.pid, "SIGKILL");
  }
  if (await until(() => running().length === 0, killedMs)) return earlier;
  throw new Error(
    `Processes of the earlier run do not end: ${running()
      .map(({ pid }) => pid)
      .join(", ")}.`,
  );
}

async function until(condition: () => boolean, withinMs: number): Promise<boolean> {
  const endMs = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > endMs) return false;
    await sleep(50);
  }
  return true;
}
