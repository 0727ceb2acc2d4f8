/**
 * How full the disk is on which an agent keeps its files, and how old what nobody needs may be on it.
 *
 * It measures and never removes: sandboxes are the room's to judge, images and fetched files those' who keep
 * them.
 */

import { statfs } from "node:fs/promises";
import { allowedAgeMs, type HeadroomPolicy } from "#model/disk-headroom.ts";
import { roomIn } from "../images/disk-room.ts";
import { LaunchRefusal } from "./launch-refusal.ts";

export type DiskUse = {
  /** Of what anybody but root may fill, from 0 to 1. */
  readonly usedShare: number;
  readonly allowedAgeMs: number;
  /** Less is free than there should be. */
  readonly isFull: boolean;
};

export async function measureDisk(directory: string, policy: HeadroomPolicy): Promise<DiskUse> {
  const { bavail, bfree, blocks } = await statfs(directory);
  const used = blocks - bfree;
  const usedShare = used + bavail > 0 ? used / (used + bavail) : 1;
  return {
    usedShare,
    allowedAgeMs: allowedAgeMs(policy, usedShare),
    isFull: usedShare > 1 - policy.headroomShare,
  };
}

/** Nothing new on a disk of which the last is kept for what runs, and for the agent's own word on it. */
export async function refuseOnFullDisk(directory: string): Promise<void> {
  if ((await roomIn(directory)) > 0) return;
  const { bavail, bsize } = await statfs(directory);
  const freeMib = Math.floor((bavail * bsize) / (1024 * 1024));
  throw new LaunchRefusal(`the agent's disk is full: only ${freeMib} MiB are free below ${directory}`);
}
