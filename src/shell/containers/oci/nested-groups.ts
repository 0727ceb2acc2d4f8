/**
 * Control groups of commands that are to have some of their own, below those of the container in which they run: what
 * they may use is a part of what it may.
 *
 * On v1 alone, where a group may have members beside groups below it. Only cpu and memory are told apart: who is in the
 * container is still listed, and counted, where it was.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerUsage } from "#model/container-usage.ts";
import type { SessionGroup } from "#model/session.ts";
import type { CgroupController, CgroupHost } from "../host-abilities.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { limitWrites } from "./cgroup-limits.ts";
import { cgroupUsage } from "./cgroup-usage.ts";
import { removeGroup } from "./remove-group.ts";

const own = ["cpu", "cpuacct", "memory"] as const satisfies readonly CgroupController[];

export class NestedGroups {
  readonly #host: CgroupHost;
  readonly #pathOf: (container: string) => string;
  readonly #enforceCpuQuota: boolean;
  /** By path. */
  readonly #removals = new Map<string, Promise<void>>();

  constructor(host: CgroupHost, pathOf: (container: string) => string, enforceCpuQuota: boolean) {
    this.#host = host;
    this.#pathOf = pathOf;
    this.#enforceCpuQuota = enforceCpuQuota;
  }

  /** With nobody in it. Throws `LaunchRefusal`. */
  async make(container: string, name: string, group: SessionGroup): Promise<void> {
    if (this.#host.mode === "v2")
      throw new LaunchRefusal(
        "it asks for control groups of its own, which this agent's version 2 of them cannot give to one that is nested: leave 'share_cgroups' at 'true'",
      );
    await this.remove(container, name);
    for (const { directory } of this.#directories(container, name))
      await mkdir(directory, { recursive: true });
    try {
      for (const { controller, file, value } of this.#writes(group)) {
        const mount = this.#host.controllers[controller];
        if (mount !== undefined) await writeFile(join(mount, this.#path(container, name), file), value);
      }
    } catch (error) {
      await this.remove(container, name);
      throw new LaunchRefusal(`what it may use cannot be set: ${(error as Error).message}`);
    }
  }

  /** With all that it will start from now on. */
  async enter(container: string, name: string, pid: number): Promise<void> {
    for (const { directory } of this.#directories(container, name))
      await writeFile(join(directory, "cgroup.procs"), `${pid}`);
  }

  usage(container: string, name: string): Omit<ContainerUsage, "timestampMs"> {
    const controllers = Object.fromEntries(
      this.#directories(container, name).map(({ controller, mount }) => [controller, mount]),
    );
    return cgroupUsage({ mode: this.#host.mode, controllers }, this.#path(container, name));
  }

  /** Kills what is still there. Once at a time: who makes it anew waits until the former one is gone. */
  remove(container: string, name: string): Promise<void> {
    const path = this.#path(container, name);
    const underWay = this.#removals.get(path);
    if (underWay !== undefined) return underWay;
    const removal = this.#removeAll(container, name).finally(() => this.#removals.delete(path));
    this.#removals.set(path, removal);
    return removal;
  }

  async #removeAll(container: string, name: string): Promise<void> {
    for (const { directory } of this.#directories(container, name)) await removeGroup(directory);
  }

  /** What is not asked for is its parent's alone to bound. */
  #writes({ resources, limits }: SessionGroup): ReturnType<typeof limitWrites> {
    const hasCpu = resources.cpus > 0 || limits.cpus !== undefined;
    const hasMemory = resources.mem > 0 || limits.mem !== undefined;
    const amounts = { resources, limits };
    // From nothing every limit is a higher one.
    const writes = limitWrites(this.#host, amounts, this.#enforceCpuQuota && resources.cpus > 0, 0);
    const order = { "memory.limit_in_bytes": 0, "memory.memsw.limit_in_bytes": 1 } as Record<string, number>;
    return writes
      .filter(
        ({ controller, file }) => (controller === "cpu" ? hasCpu : hasMemory) && !isIdle(file, resources),
      )
      .toSorted((left, right) => (order[left.file] ?? -1) - (order[right.file] ?? -1));
  }

  #directories(container: string, name: string) {
    return own.flatMap((controller) => {
      const mount = this.#host.controllers[controller];
      return mount === undefined
        ? []
        : [{ controller, mount, directory: join(mount, this.#path(container, name)) }];
    });
  }

  #path = (container: string, name: string): string => `${this.#pathOf(container)}/nested-${name}`;
}

/** Nothing was requested, so nothing of it is kept for it. */
const isIdle = (file: string, resources: SessionGroup["resources"]): boolean =>
  (file === "cpu.shares" && resources.cpus === 0) ||
  (file === "memory.soft_limit_in_bytes" && resources.mem === 0);
