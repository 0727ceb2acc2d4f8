/**
 * What a container's volumes become: mounts, each with its source made ready and its place in the sandbox made.
 *
 * A source that anybody but the agent may have a hand in is pinned: the lane mounts it beside the container's
 * definition, and only goes on when it is what was found here.
 */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import type { ContainerVolume } from "#model/container-volume.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import type { Layout } from "../containers/layout.ts";
import type { Owner } from "../sandbox/prepare.ts";
import { findHostPath, type HostVolume } from "./host-paths.ts";
import { type Found, type Making, openBelow } from "./open-below.ts";
import { PersistentVolumes } from "./persistent-volumes.ts";

export type VolumesOptions = {
  readonly layout: Layout;
  readonly hostVolumes: readonly HostVolume[];
  /** Paths of the host that are no volume, whatever lies around them. */
  readonly hiddenPaths: readonly string[];
};

/** `destination` is absolute, or relative to the sandbox. */
export type BoundVolume = {
  readonly destination: string;
  readonly source: string;
  readonly isReadOnly: boolean;
};

type Source = Found & { readonly path: string };

/** Not to be covered: the kernel's own places and ours. */
const takenPaths = ["/proc", "/sys", "/dev", "/mnt/mesos"];

export class Volumes {
  readonly persistent: PersistentVolumes;
  readonly #options: VolumesOptions;

  constructor(options: VolumesOptions) {
    this.#options = options;
    this.persistent = new PersistentVolumes(options.layout);
  }

  /** Throws `LaunchRefusal`. */
  async bind(
    container: HeldContainer,
    { volumes = [] }: ContainerSpec,
    owner: Owner | undefined,
  ): Promise<readonly BoundVolume[]> {
    if (volumes.length > limits.volumesPerTaskMax)
      throw new LaunchRefusal(`it has ${volumes.length} volumes; ${limits.volumesPerTaskMax} are possible`);
    const bound: BoundVolume[] = [];
    for (const [index, volume] of volumes.entries()) {
      const { containerPath, mode } = volume;
      checkPath(containerPath);
      const { source, isDirectory } = await this.#sourceOf(container, volume, owner, index);
      if (!containerPath.startsWith("/"))
        found(containerPath, () =>
          openBelow(container.sandbox, containerPath, { as: isDirectory ? "directory" : "file", owner }),
        );
      bound.push({ destination: containerPath, source, isReadOnly: mode === "read-only" });
    }
    return bound;
  }

  /** Where nothing isolates tasks: a link in the sandbox, as there can be no mount of the task's own. */
  async link(
    container: HeldContainer,
    { volumes = [] }: ContainerSpec,
    owner: Owner | undefined,
  ): Promise<void> {
    for (const { containerPath, mode, source } of volumes) {
      checkPath(containerPath);
      if (source.kind !== "persistent" || mode === "read-only" || containerPath.includes("/"))
        throw new LaunchRefusal(
          `the volume at ${containerPath} needs container isolation, which this agent has not: ` +
            "only persistent ones are possible, to be written, right in the sandbox",
        );
      const directory = await this.persistent.prepare(source.directory, owner);
      symlinkSync(directory, join(container.sandbox, containerPath));
    }
  }

  async #sourceOf(
    container: HeldContainer,
    { source, mode }: ContainerVolume,
    owner: Owner | undefined,
    index: number,
  ): Promise<{ readonly source: string; readonly isDirectory: boolean }> {
    const { hostVolumes, hiddenPaths } = this.#options;
    switch (source.kind) {
      case "persistent":
        return { source: await this.persistent.prepare(source.directory, owner), isDirectory: true };
      case "host":
        return pin(container, index, findHostPath(source.path, mode, hostVolumes, hiddenPaths));
      case "sandbox": {
        const base = source.of === "self" ? container.sandbox : container.sharedSandbox;
        if (base === undefined)
          throw new LaunchRefusal(
            `the volume of ${source.path} in the sandbox of its parent: it runs in no container of another`,
          );
        checkPath(source.path);
        const making: Making = { as: "directory", owner };
        const there = found(source.path, () => openBelow(base, source.path, making));
        return pin(container, index, { ...there, path: join(base, source.path) });
      }
      default:
        return source satisfies never;
    }
  }
}

/** What the lane's `bind.sh` reads: where it is, what it is, and the place to mount it on. */
function pin(
  { directory }: HeldContainer,
  index: number,
  { path, identity, isDirectory }: Source,
): { readonly source: string; readonly isDirectory: boolean } {
  const pins = join(directory, "volumes");
  mkdirSync(pins, { recursive: true, mode: 0o700 });
  const place = join(pins, String(index));
  if (isDirectory) mkdirSync(place, { mode: 0o700 });
  else writeFileSync(place, "");
  symlinkSync(path, `${place}.source`);
  writeFileSync(`${place}.identity`, `${identity}\n`);
  return { source: place, isDirectory };
}

/** Also where it came over no API of ours, in an old row say. */
function checkPath(path: string): void {
  const segments = path.replace(/^\//, "").replace(/\/$/, "").split("/");
  if (segments.some((segment) => ["", ".", ".."].includes(segment)) || path.includes("\0"))
    throw new LaunchRefusal(
      `the volume's path ${JSON.stringify(path)} must have no doubled slashes, '.' or '..', and not be the root`,
    );
  if (takenPaths.some((taken) => path === taken || path.startsWith(`${taken}/`)))
    throw new LaunchRefusal(`a volume cannot be mounted at ${path}, which the container itself needs`);
}

function found(path: string, open: () => Found): Found {
  try {
    return open();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOTDIR" || code === "ELOOP" ? "a link or a file is in the way" : String(error);
    throw new LaunchRefusal(`the volume's path ${path} in the sandbox cannot be used: ${why}`);
  }
}
