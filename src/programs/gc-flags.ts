/**
 * The flags about what an agent keeps on the chance that somebody asks for it: for how long, and how much of the
 * disk stays free. Mesos's agent has them, too.
 */

import { limits } from "#base/limits.ts";
import type { HeadroomPolicy } from "#model/disk-headroom.ts";
import { type FlagKind, type Flags, UsageError } from "./flags.ts";

export type GcSettings = HeadroomPolicy & { readonly lookIntervalMs: number };

export const gcFlags = {
  "gc-delay": "text",
  "gc-disk-headroom": "text",
  "disk-watch-interval": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

export const gcHelp = `  --gc-delay SECONDS    that files of ended tasks, and unused images and fetched files, are kept on an empty
                        disk; the fuller it is the shorter (${limits.unusedFilesKeptMs / 1_000})
  --gc-disk-headroom SHARE
                        of the disk that is to be free; with less, what is not used goes at once (${limits.diskHeadroomShare})
  --disk-watch-interval SECONDS
                        between two looks at the disk (${limits.diskLookIntervalMs / 1_000})
`;

const secondsMax = 1_000_000_000;

export function parseGcFlags(flags: Flags): GcSettings {
  const delay = flags.integer("gc-delay", 0, secondsMax);
  const interval = flags.integer("disk-watch-interval", 1, 86_400);
  const headroom = flags.text("gc-disk-headroom");
  const share = headroom === undefined ? limits.diskHeadroomShare : Number(headroom);
  if (!(share >= 0 && share <= 1))
    throw new UsageError(`--gc-disk-headroom ${headroom} is not a share from 0 to 1.`);
  return {
    delayMs: delay === undefined ? limits.unusedFilesKeptMs : delay * 1_000,
    headroomShare: share,
    lookIntervalMs: interval === undefined ? limits.diskLookIntervalMs : interval * 1_000,
  };
}
