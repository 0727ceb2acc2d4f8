/**
 * Bounds on what a task's processes may use: those that it asks for, within those of the agent itself.
 *
 * Though root could raise them, an agent gives no task more than its own operator gave to it. Descriptors are
 * bounded as usual where nothing is asked for: each runtime would hand on something else.
 */

import { readFileSync } from "node:fs";
import type { Rlimit, RlimitType } from "#model/task.ts";
import { LaunchRefusal } from "./launch-refusal.ts";

export type HardLimits = ReadonlyMap<RlimitType, number | "unlimited">;

const DESCRIPTORS_SOFT = 1024;

/** What the kernel calls them in /proc/<pid>/limits. */
const kernelNames: Readonly<Record<RlimitType, string>> = {
  as: "Max address space",
  core: "Max core file size",
  cpu: "Max cpu time",
  data: "Max data size",
  fsize: "Max file size",
  locks: "Max file locks",
  memlock: "Max locked memory",
  msgqueue: "Max msgqueue size",
  nice: "Max nice priority",
  nofile: "Max open files",
  nproc: "Max processes",
  rss: "Max resident set",
  rtprio: "Max realtime priority",
  rttime: "Max realtime timeout",
  sigpending: "Max pending signals",
  stack: "Max stack size",
};

export const ownHardLimits = (): HardLimits => parseLimits(readFileSync("/proc/self/limits", "utf8"));

export function parseLimits(text: string): HardLimits {
  const limits = new Map<RlimitType, number | "unlimited">();
  for (const [type, name] of Object.entries(kernelNames) as [RlimitType, string][]) {
    const [, hard] = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, "m").exec(text) ?? [];
    if (hard !== undefined) limits.set(type, hard === "unlimited" ? hard : Number(hard));
  }
  return limits;
}

/** Throws `LaunchRefusal` for one that is beyond the agent's. */
export function rlimitsOf(wanted: readonly Rlimit[] | undefined, own: HardLimits): readonly Rlimit[] {
  const limits = [...(wanted ?? [])];
  for (const { type, hard } of limits) {
    const most = own.get(type);
    if (most === undefined || most === "unlimited") continue;
    if (hard === "unlimited" || hard > most) {
      throw new LaunchRefusal(
        `the limit ${type} of ${hard} is more than this agent may give: at most ${most}; ask for less, or start the agent with more`,
      );
    }
  }
  if (limits.some(({ type }) => type === "nofile")) return limits;
  const hard = own.get("nofile") ?? DESCRIPTORS_SOFT;
  const soft = hard === "unlimited" ? DESCRIPTORS_SOFT : Math.min(DESCRIPTORS_SOFT, hard);
  return [...limits, { type: "nofile", soft, hard }];
}
