/**
 * What this machine says of itself: its processors, its load and its memory.
 */

import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { SystemFigures } from "#wire/mesos/metrics.ts";

export function machineFigures(): SystemFigures {
  const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = loadavg();
  return {
    cpus: availableParallelism(),
    load: [oneMinute, fiveMinutes, fifteenMinutes],
    memoryTotalBytes: totalmem(),
    memoryFreeBytes: freemem(),
  };
}
