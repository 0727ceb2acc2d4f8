/**
 * How late this process's event loop is: by how much timers come after the moment for which they were set.
 *
 * Looked at in windows, so that a bad minute of long ago does not hide what is now; the figures are those of the
 * last whole window, or of the first one while it is under way.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { LoopDelay } from "#wire/mesos/metrics.ts";

const resolutionMs = 10;
const windowMs = 5_000;

export function watchLoopDelay(): () => LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  // What the histogram counts includes the pause that was asked for.
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  const figures = (): LoopDelay => ({
    p50Ms: late(histogram.percentile(50)),
    p99Ms: late(histogram.percentile(99)),
    maxMs: late(histogram.max),
  });
  let last: LoopDelay | undefined;
  setInterval(() => {
    last = figures();
    histogram.reset();
  }, windowMs).unref();
  return () => last ?? figures();
}
