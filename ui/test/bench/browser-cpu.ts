/**
 * How much processor time the browser has used, of all its processes: what a frame costs does not depend on how busy
 * the machine is with other things, as frames a second do.
 */

import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds so far. */
export function browserCpuMs(): number {
  let sum = 0;
  for (const pid of descendants(process.pid))
    try {
      if (/^(?:chrom|google-chrome)/.test(readFileSync(`/proc/${pid}/comm`, "utf8")))
        for (const thread of readdirSync(`/proc/${pid}/task`))
          sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ", 1)[0]);
    } catch {
      // It ended while we looked.
    }
  return sum / 1e6;
}

function descendants(root: number): readonly string[] {
  const parents = new Map<string, string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      parents.set(pid, stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] ?? "");
    } catch {
      // It ended while we looked.
    }
  const isBelow = (pid: string | undefined): boolean =>
    pid !== undefined && pid !== "0" && (pid === String(root) || isBelow(parents.get(pid)));
  return [...parents.keys()].filter(isBelow);
}
