/**
 * Which control groups this host has mounted, read from the kernel's own list of mounts.
 */

import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type CgroupController, type CgroupHost, cgroupControllers } from "../host-abilities.ts";

export type CgroupDetection = {
  readonly host: CgroupHost;
  /** A v2 hierarchy beside v1 ones: crun refuses the host where it sees it. */
  readonly unifiedBeside: string | undefined;
};

/** Undefined when memory, cpu or pids cannot be limited. `root`: of another host's files, for tests. */
export async function detectCgroups(root = "/"): Promise<CgroupDetection | undefined> {
  const mounts = cgroupMounts(await readFile(join(root, "proc/self/mountinfo"), "utf8"));
  const unified = mounts.find((mount) => mount.type === "cgroup2")?.path;
  const v1 = mounts.filter((mount) => mount.type === "cgroup");
  const holderOf = (controller: CgroupController): string | undefined =>
    v1.find((mount) => mount.controllers.includes(controller))?.path;
  const memory = holderOf("memory");
  const pids = holderOf("pids");
  if (memory !== undefined && pids !== undefined && holderOf("cpu") !== undefined) {
    const paths = [...new Set(v1.map((mount) => mount.path))];
    return {
      host: {
        mode: unified === undefined ? "v1" : "hybrid",
        mounts: unified === undefined ? paths : [...paths, unified],
        controllers: Object.fromEntries(
          cgroupControllers.flatMap((name) => {
            const path = holderOf(name);
            return path === undefined ? [] : [[name, path]];
          }),
        ),
        processes: pids,
        swapLimit: await exists(join(root, memory, "memory.memsw.limit_in_bytes")),
      },
      unifiedBeside: unified,
    };
  }
  if (unified === undefined) return undefined;
  const present = (await readFile(join(root, unified, "cgroup.controllers"), "utf8")).split(/\s+/);
  if (!["memory", "cpu", "pids"].every((name) => present.includes(name))) return undefined;
  const host = {
    mode: "v2",
    mounts: [unified],
    controllers: Object.fromEntries(
      // What v1 calls blkio and cpuacct are parts of others on v2, and devices are held by programs.
      cgroupControllers.filter((name) => present.includes(name)).map((name) => [name, unified]),
    ),
    processes: unified,
    swapLimit: true,
  } as const;
  return { host, unifiedBeside: undefined };
}

type CgroupMount = {
  readonly path: string;
  readonly type: "cgroup" | "cgroup2";
  readonly controllers: readonly string[];
};

export function cgroupMounts(mountinfo: string): readonly CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of mountinfo.split("\n")) {
    // `… root mountpoint options … - type source super-options`
    const [left, right] = line.split(" - ", 2);
    const [type, , options = ""] = right?.split(" ") ?? [];
    const path = left?.split(" ")[4];
    if (path === undefined || (type !== "cgroup" && type !== "cgroup2")) continue;
    if (mounts.some((mount) => mount.path === path)) continue;
    mounts.push({ path, type, controllers: options.split(",") });
  }
  return mounts;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
