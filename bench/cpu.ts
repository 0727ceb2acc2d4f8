/**
 * CPU time of everything that a measurement starts, by the kernel's control groups.
 *
 * Processes that end are counted as well, which /proc cannot do, and to the nanosecond, which 50 small
 * processes need. Works with cgroup v1 (cpuacct) and v2; needs root.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type CpuMeter = {
  /** Puts a process, and so all that it starts, into the group. */
  readonly adopt: (pid: number) => void;
  /** Path of the group from the hierarchy's root, as runtimes want it. */
  readonly path: string;
  /** Microseconds that the group and those below it have used so far. */
  readonly usedUs: () => number;
  readonly close: () => void;
};

const mountLines = (): readonly (readonly string[])[] =>
  readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));

const cgroupMounts = (): readonly string[] =>
  mountLines().flatMap(([, at, type]) => (at !== undefined && type?.startsWith("cgroup") ? [at] : []));

/** The hierarchy that counts CPU time. */
function hierarchy(): { readonly mount: string; readonly isV2: boolean } {
  const mounts = mountLines();
  const v1 = mounts.find(
    ([, , type, options]) => type === "cgroup" && options?.split(",").includes("cpuacct"),
  );
  if (v1?.[1] !== undefined) return { mount: v1[1], isV2: false };
  const v2 = mounts.find(([, , type]) => type === "cgroup2");
  if (v2?.[1] !== undefined) return { mount: v2[1], isV2: true };
  throw new Error("no control groups are mounted that count CPU time");
}

function readUsage(directory: string, isV2: boolean): number {
  const text = readFileSync(join(directory, isV2 ? "cpu.stat" : "cpuacct.usage"), "utf8");
  return isV2 ? Number(/^usage_usec (\d+)$/m.exec(text)?.[1]) : Number(text) / 1000;
}

/** Microseconds that a group, named from the hierarchy's root, and those below it have used; 0 when there is none. */
export function readCpuUs(group: string): number {
  const { mount, isV2 } = hierarchy();
  try {
    return readUsage(join(mount, group), isV2);
  } catch {
    return 0;
  }
}

export function createCpuMeter(name: string): CpuMeter {
  const { mount, isV2 } = hierarchy();
  const directory = join(mount, name);
  mkdirSync(directory, { recursive: true });
  return {
    path: `/${name}`,
    adopt: (pid) => writeFileSync(join(directory, "cgroup.procs"), String(pid)),
    usedUs: () => readUsage(directory, isV2),
    // The runtime makes the same path in every hierarchy.
    close: () => {
      for (const at of cgroupMounts()) removeGroups(join(at, name));
    },
  };
}

/** Usage of the groups, outside of the meter's, in which processes live whose command line names `mark`. */
export function meterMarked(mark: string, except: CpuMeter): { readonly usedUs: () => number } {
  const { mount, isV2 } = hierarchy();
  const parents = new Set<string>();
  for (const pid of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const group = markedGroup(pid, mark, isV2);
    // A supervisor's group lies beside those of the containers: their parent counts all of them.
    if (group !== undefined && group !== except.path && group !== "/") parents.add(join(group, ".."));
  }
  const groups = [...parents].filter((group) => group !== "/");
  return { usedUs: () => groups.reduce((sum, group) => sum + readUsage(join(mount, group), isV2), 0) };
}

function markedGroup(pid: string, mark: string, isV2: boolean): string | undefined {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark)) return undefined;
    const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").trim().split("\n");
    const own = lines.map((line) => line.split(":"));
    return own.find(([, controllers]) =>
      isV2 ? controllers === "" : controllers?.split(",").includes("cpuacct"),
    )?.[2];
  } catch {
    return undefined;
  }
}

function removeGroups(directory: string): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(directory, entry.name));
  }
  try {
    rmdirSync(directory);
  } catch {
    // A process is still in it: the kernel keeps the empty group, which costs nothing.
  }
}
