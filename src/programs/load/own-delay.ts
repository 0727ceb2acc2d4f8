/**
 * How late this process's own event loop is: what measures must not be what is measured.
 */

import { monitorEventLoopDelay } from "node:perf_hooks";

const resolutionMs = 10;

/** Starts to watch; the result says the p99 in milliseconds so far. */
export function watchOwnDelay(): () => number {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  return () => Math.max(0, delay.percentile(99) / 1e6 - resolutionMs);
}
