/**
 * What the whole machine does: processors between two looks, memory, load, and one file system.
 */

import { statfs } from "node:fs/promises";
import { cpus, freemem, loadavg, totalmem } from "node:os";
import type { HostUsage } from "#model/usage-report.ts";

/** Each call looks once; the first has nothing to compare its processors with. */
export function watchHost(directory: string): () => Promise<HostUsage> {
  let before = processorTimes();
  return async () => {
    const disk = await statfs(directory);
    const now = processorTimes();
    const [busy, all] = [now.busy - before.busy, now.all - before.all];
    before = now;
    return {
      cpuShare: all <= 0 ? 0 : Math.min(1, Math.max(0, busy / all)),
      memTotalBytes: totalmem(),
      memUsedBytes: totalmem() - freemem(),
      diskTotalBytes: disk.blocks * disk.bsize,
      diskUsedBytes: (disk.blocks - disk.bfree) * disk.bsize,
      load1: loadavg()[0] ?? 0,
    };
  };
}

function processorTimes(): { readonly busy: number; readonly all: number } {
  let all = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    all += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { busy: all - idle, all };
}
