/**
 * How long the calling thread ran, and how long it could have run and had no processor, as Linux's scheduler counts it.
 *
 * A loop that is late on a crowded machine looks like one that is busy; this tells them apart.
 */

import { readFileSync } from "node:fs";
import type { ThreadTimes } from "#wire/mesos/metrics.ts";

/** Undefined: this kernel keeps no such statistics. */
export function readThreadTimes(): ThreadTimes | undefined {
  try {
    return parseThreadTimes(readFileSync("/proc/thread-self/schedstat", "utf8"));
  } catch {
    return undefined;
  }
}

/** `ran waited turns`, in nanoseconds; all of them 0 where they are not counted. */
export function parseThreadTimes(text: string): ThreadTimes | undefined {
  const [, ran = "", waited = ""] = /^(\d+) (\d+) \d+\s*$/.exec(text) ?? [];
  if (ran === "" || Number(ran) + Number(waited) === 0) return undefined;
  return { ranSeconds: Number(ran) / 1e9, waitedSeconds: Number(waited) / 1e9 };
}
