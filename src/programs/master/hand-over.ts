/**
 * The planned way from one leader to the next: what is under way is answered, what comes waits, leadership is given up, and
 * the next leader gets what waited.
 *
 * It then stands in front of whoever leads until nobody comes here any more or nobody leads, and ends: who supervises the
 * process starts it again as a standby.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { MasterNode } from "#nodes/master-node.ts";
import type { ShellMasterLinks } from "#shell/link/master-links.ts";
import type { Log } from "#shell/log/log.ts";
import type { ProcessLife } from "../process-life.ts";
import type { LeaderTerm } from "./open-store.ts";
import { isSamePlace, type LeaderPlace } from "./standby.ts";

export type HandOver = {
  readonly term: LeaderTerm;
  readonly node: MasterNode;
  readonly links: ShellMasterLinks;
  readonly life: ProcessLife;
  readonly log: Log;
};

/** Together less than what comes meanwhile is held back for. */
export const handOverTimes = {
  /** For what is under way, which takes moments but on a starved machine; it is cut off then. */
  settleMs: 5_000,
  durableMs: 2_000,
  nextLeaderMs: 4_000,
};
const { settleMs, durableMs, nextLeaderMs } = handOverTimes;
const pollMs = 50;
const quietMs = 2_000;

/** Called once. */
export async function handOver({ term, node, links, life, log }: HandOver): Promise<void> {
  const startMs = performance.now();
  const { standby } = term;
  log.info("handing over to another master");
  standby.hold();
  await standby.settle(settleMs);
  await durable(node);
  node.stop();
  links.closeAll();
  await term.resign();
  const leader = await nextLeader(term, life);
  if (leader === undefined) {
    log.warn("no other master took over; starting anew to lead again");
    return life.end(0);
  }
  standby.serve(leader);
  log.info("another master leads; passing on what comes here", {
    leader: `${leader.hostname}:${leader.gatewayPort}`,
    ms: Math.round(performance.now() - startMs),
  });
  await standAside(term, life, leader);
  life.end(0);
}

async function durable({ master, apps }: MasterNode): Promise<void> {
  const seen = (loop: { read(view: () => undefined, done: () => void): void }): Promise<void> =>
    new Promise((resolve) => loop.read(() => undefined, resolve));
  await Promise.race([Promise.all([seen(master), seen(apps)]), sleep(durableMs)]);
}

async function nextLeader(term: LeaderTerm, life: ProcessLife): ReturnType<LeaderTerm["leader"]> {
  const endMs = performance.now() + nextLeaderMs;
  while (performance.now() < endMs && !life.ending.aborted) {
    const leader = await term.leader();
    if (leader !== undefined) return leader;
    await sleep(pollMs);
  }
  return undefined;
}

async function standAside(
  { standby, ...term }: LeaderTerm,
  life: ProcessLife,
  first: LeaderPlace,
): Promise<void> {
  let served = first;
  while (!life.ending.aborted && standby.idleMs() < quietMs) {
    const leader = await term.leader();
    if (leader === undefined) return;
    if (!isSamePlace(leader, served)) standby.serve(leader);
    served = leader;
    await sleep(4 * pollMs);
  }
}
