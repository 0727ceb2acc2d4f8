/**
 * How much of a disk images may fill: not the last of it, for the agent's own store lies there too, and an
 * agent whose store cannot be written ends.
 */

import { statfs } from "node:fs/promises";
import { limits } from "#base/limits.ts";

/** Bytes that may still be written below the directory; none or fewer when what is left is kept back. */
export async function roomIn(directory: string): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(directory);
  const reserve = Math.min(limits.imageReserveBytes, blocks * bsize * limits.imageReserveShare);
  return Math.floor(bavail * bsize - reserve);
}
