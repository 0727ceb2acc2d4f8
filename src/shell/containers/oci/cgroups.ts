/**
 * A container's control groups: who is in them, what they counted, and how they are taken away.
 *
 * On a v1 or hybrid host a container has one directory in each hierarchy. All paths here come from the
 * agent's own parent and a container's file name, never from a user.
 */

import { existsSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { Amounts, OutOfMemory } from "../backend.ts";
import type { CgroupHost } from "../host-abilities.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { limitWrites, writeLimits } from "./cgroup-limits.ts";
import { cgroupUsage } from "./cgroup-usage.ts";
import { directoriesIn, pidsIn, removeGroup } from "./remove-group.ts";

/** The group of supervisors, beside the containers' own. */
const SUPERVISORS = "supervisors";

export class Cgroups {
  readonly #host: CgroupHost;
  /** Absolute in each hierarchy, such as `/unum/agent-1`. */
  readonly parent: string;

  constructor(host: CgroupHost, parent: string) {
    this.#host = host;
    this.parent = parent;
  }

  pathOf(name: string): string {
    return `${this.parent}/${name}`;
  }

  /** Where supervisors go, so that nobody ends them together with the agent. */
  supervisorDirectories(): readonly string[] {
    return this.#host.mounts
      .filter((mount) => !/\/(cpuset|devices|freezer|net_cls.*|net_prio|perf_event|rdma)$/.test(mount))
      .map((mount) => join(mount, this.pathOf(SUPERVISORS)));
  }

  /** The containers' parent groups; a cpuset group is of no use before it has cpus and memory nodes. */
  async open(): Promise<void> {
    for (const mount of this.#host.mounts) {
      await mkdir(join(mount, this.parent), { recursive: true }).catch(() => undefined);
    }
  }

  /**
   * Ahead of the container, whose runtime finds its group there: on v1 the weight itself, for today's kernels have it
   * under a name that crun does not know there. Throws `LaunchRefusal` where the kernel has none.
   */
  async weighBlockIo(name: string, weight: number | undefined): Promise<void> {
    const isV2 = this.#host.mode === "v2";
    const mount = this.#host.controllers[isV2 ? "io" : "blkio"];
    if (weight === undefined || mount === undefined) return;
    let group = mount;
    for (const part of this.pathOf(name).split("/").filter(Boolean)) {
      if (isV2) await writeFile(join(group, "cgroup.subtree_control"), "+io").catch(() => undefined);
      group = join(group, part);
      await mkdir(group, { recursive: true });
    }
    const names = isV2 ? ["io.bfq.weight", "io.weight"] : ["blkio.bfq.weight", "blkio.weight"];
    const file = names.map((each) => join(group, each)).find((path) => existsSync(path));
    if (file === undefined)
      throw new LaunchRefusal(
        "it asks for a weight of its block I/O, and nothing in this agent's kernel goes by weights (its schedulers bfq and iocost do)",
      );
    if (!isV2) await writeFile(file, `${weight}`);
  }

  /** The pids of every process in the container, as the host numbers them. */
  processesOf(name: string): readonly number[] {
    return pidsIn(join(this.#host.processes, this.pathOf(name)));
  }

  /** Set when the kernel killed a process of the container for memory. */
  async outOfMemory(name: string): Promise<OutOfMemory | undefined> {
    const read = (file: string): Promise<string> => this.#readMemory(name, file);
    const v2 = this.#host.mode === "v2";
    const events = await read(v2 ? "memory.events" : "memory.oom_control");
    const killed = Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
    if (killed === 0) return undefined;
    const limit = await this.#memoryLimit(name);
    const peak = Number.parseInt(await read(v2 ? "memory.peak" : "memory.max_usage_in_bytes"), 10);
    return {
      limitBytes: limit ?? 0,
      peakBytes: Number.isNaN(peak) ? undefined : peak,
    };
  }

  usage(name: string): Omit<ContainerUsage, "timestampMs"> {
    return cgroupUsage(this.#host, this.pathOf(name));
  }

  async update(name: string, amounts: Amounts, enforceCpuQuota: boolean): Promise<void> {
    const writes = limitWrites(this.#host, amounts, enforceCpuQuota, await this.#memoryLimit(name));
    await writeLimits(this.#host, this.pathOf(name), writes);
  }

  /** Undefined when there is none. */
  async #memoryLimit(name: string): Promise<number | undefined> {
    const file = this.#host.mode === "v2" ? "memory.max" : "memory.limit_in_bytes";
    const limit = Number.parseInt(await this.#readMemory(name, file), 10);
    // What v1 shows for none is the largest number of pages that it can count.
    return Number.isSafeInteger(limit) ? limit : undefined;
  }

  async #readMemory(name: string, file: string): Promise<string> {
    const mount = this.#host.controllers.memory;
    if (mount === undefined) return "";
    return readFile(join(mount, this.pathOf(name), file), "utf8").catch(() => "");
  }

  /** Names of containers that still have a group. */
  async names(): Promise<readonly string[]> {
    const names = new Set<string>();
    for (const mount of this.#host.mounts) {
      for (const name of await directoriesIn(join(mount, this.parent))) names.add(name);
    }
    names.delete(SUPERVISORS);
    return [...names];
  }

  /** Kills what is in the container's groups and removes them; gives up after a few seconds. */
  async remove(name: string): Promise<void> {
    for (const mount of this.#host.mounts) await removeGroup(join(mount, this.pathOf(name)));
  }

  /** After the last container: the supervisors' groups, the parents, and what was above only for them. */
  async close(): Promise<void> {
    // Side by side, since it is the same processes that are waited for in each.
    await Promise.all(this.#host.mounts.map((mount) => this.#closeIn(mount)));
  }

  async #closeIn(mount: string): Promise<void> {
    await removeGroup(join(mount, this.pathOf(SUPERVISORS)), "wait");
    const parts = this.parent.split("/").filter((part) => part !== "");
    for (let depth = parts.length; depth > 0; depth -= 1) {
      // Not empty: other agents live there.
      await rmdir(join(mount, ...parts.slice(0, depth))).catch(() => undefined);
    }
  }
}
