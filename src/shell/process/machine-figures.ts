/**
 * What this machine and this process say of themselves: processors, load, memory, and how late the event loop is.
 */

import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { SystemFigures } from "#wire/mesos/metrics.ts";
import { watchLoopDelay } from "./loop-delay.ts";
import { readThreadTimes } from "./thread-times.ts";

/** Begins to watch; the result is asked as often as one likes. */
export function watchMachine(): () => SystemFigures {
  const loopDelay = watchLoopDelay();
  return () => {
    const [oneMinute = 0, fiveMinutes = 0, fifteenMinutes = 0] = loadavg();
    return {
      cpus: availableParallelism(),
      load: [oneMinute, fiveMinutes, fifteenMinutes],
      memoryTotalBytes: totalmem(),
      memoryFreeBytes: freemem(),
      residentBytes: process.memoryUsage.rss(),
      loopDelay: loopDelay(),
      thread: readThreadTimes(),
    };
  };
}
