/**
 * What a container's volumes become: mounts, each with its source made ready and its place in the sandbox made.
 *
 * A source that anybody but the agent may have a hand in is pinned: the lane mounts it beside the container's
 * definition, and only goes on when it is what was found here.
 */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { limits } from "#base/limits.ts";
import type { ContainerVolume, VolumeSource } from "#model/container-volume.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { HeldContainer } from "../containers/backend.ts";
import { LaunchRefusal } from "../containers/launch-refusal.ts";
import { type Layout, nestedSandboxes } from "../containers/layout.ts";
import type { DiskProjects } from "../containers/projects/disk-projects.ts";
import type { Owner } from "../sandbox/prepare.ts";
import type { PrivateMemory } from "../secrets/private-memory.ts";
import type { SecretFiles } from "../secrets/secret-files.ts";
import { findHostPath, type HostVolume } from "./host-paths.ts";
import { HungDisks } from "./hung-disks.ts";
import { type Found, type Making, openBelow } from "./open-below.ts";
import { PersistentVolumes } from "./persistent-volumes.ts";
import { readShown, type ShownVolume, shownVolume, writeShown } from "./shown-volumes.ts";

export type VolumesOptions = {
  readonly layout: Layout;
  readonly projects: DiskProjects;
  readonly hostVolumes: readonly HostVolume[];
  /** Paths of the host that are no volume, whatever lies around them. */
  readonly hiddenPaths: readonly string[];
  readonly secrets: SecretFiles;
  readonly memory: PrivateMemory;
};

/** `destination` is absolute, or relative to the sandbox. */
export type BoundVolume = { readonly destination: string; readonly isReadOnly: boolean } & (
  | { readonly source: string }
  | { readonly tmpfs: SourceOf<"tmpfs"> }
);

type SourceOf<Kind extends VolumeSource["kind"]> = Extract<VolumeSource, { readonly kind: Kind }>;
export type ImageSource = SourceOf<"image">;

/** Where the files of an image will be when the container starts. */
export type FindImage = (source: ImageSource, index: number) => Promise<string>;

type BindableSource = Exclude<ContainerVolume["source"], { readonly kind: "tmpfs" | "image" }>;

type Source = Found & { readonly path: string };

/** Not to be covered: the kernel's own places and ours. */
const takenPaths = ["/proc", "/sys", "/dev", "/mnt/mesos"];

export class Volumes {
  readonly persistent: PersistentVolumes;
  readonly #options: VolumesOptions;
  readonly #hung = new HungDisks();

  constructor(options: VolumesOptions) {
    this.#options = options;
    this.persistent = new PersistentVolumes(options.layout, this.#hung, options.projects);
  }

  /** Throws `LaunchRefusal`. */
  async bind(
    container: HeldContainer,
    { volumes = [] }: ContainerSpec,
    owner: Owner | undefined,
    findImage: FindImage,
  ): Promise<readonly BoundVolume[]> {
    if (volumes.length > limits.volumesPerTaskMax)
      throw new LaunchRefusal(`it has ${volumes.length} volumes; ${limits.volumesPerTaskMax} are possible`);
    const bound: BoundVolume[] = [];
    const shown: ShownVolume[] = [];
    for (const [index, volume] of volumes.entries()) {
      const { containerPath, mode, source: wanted } = volume;
      checkPath(containerPath);
      const { isDirectory, ...source } =
        wanted.kind === "tmpfs"
          ? { tmpfs: wanted, isDirectory: true }
          : wanted.kind === "image"
            ? { source: await findImage(wanted, index), isDirectory: true }
            : await this.#sourceOf(container, { source: wanted, mode }, owner, index);
      if (!containerPath.startsWith("/"))
        found(containerPath, () =>
          openBelow(container.sandbox, containerPath, { as: isDirectory ? "directory" : "file", owner }),
        );
      const isReadOnly = mode === "read-only" || wanted.kind === "secret";
      bound.push({ destination: containerPath, ...source, isReadOnly });
      const seen = "source" in source ? shownVolume(container, volume, source.source) : undefined;
      if (seen !== undefined) shown.push(seen);
    }
    writeShown(container, shown);
    return bound;
  }

  /** What these containers have that their sandboxes show; not what is on a disk that does not answer. */
  async shownOf(containers: readonly HeldContainer[]): Promise<readonly ShownVolume[]> {
    const shown = (await Promise.all(containers.map(readShown))).flat();
    const answers = await Promise.all(
      shown.map(({ disk }) => disk === undefined || this.#hung.answers(disk, "read")),
    );
    return shown.filter((_, index) => answers[index]);
  }

  /** Where nothing isolates tasks: a link in the sandbox, as there can be no mount of the task's own. */
  async link(
    container: HeldContainer,
    { volumes = [] }: ContainerSpec,
    owner: Owner | undefined,
  ): Promise<void> {
    const shown: ShownVolume[] = [];
    for (const volume of volumes) {
      const { containerPath, mode, source } = volume;
      checkPath(containerPath);
      if (source.kind !== "persistent" || mode === "read-only" || containerPath.includes("/"))
        throw new LaunchRefusal(
          `the volume at ${containerPath} needs container isolation, which this agent has not: ` +
            "only persistent ones are possible, to be written, right in the sandbox",
        );
      const directory = await this.persistent.prepare(source.directory, owner);
      symlinkSync(directory, join(container.sandbox, containerPath));
      const seen = shownVolume(container, volume, directory);
      if (seen !== undefined) shown.push(seen);
    }
    writeShown(container, shown);
  }

  async #sourceOf(
    container: HeldContainer,
    { source, mode }: Pick<ContainerVolume, "mode"> & { source: BindableSource },
    owner: Owner | undefined,
    index: number,
  ): Promise<{ readonly source: string; readonly isDirectory: boolean }> {
    switch (source.kind) {
      case "persistent":
        return { source: await this.persistent.prepare(source.directory, owner), isDirectory: true };
      case "host":
        return pin(container, index, await this.#findHostPath(source.path, mode));
      case "sandbox": {
        const base = source.of === "self" ? container.sandbox : container.sharedSandbox;
        if (base === undefined)
          throw new LaunchRefusal(
            `the volume of ${source.path} in the sandbox of its parent: it runs in no container of another`,
          );
        checkPath(source.path);
        if (source.of === "parent" && source.path.split("/")[0] === nestedSandboxes)
          throw new LaunchRefusal(
            `the volume of ${source.path} in the sandbox of its parent: tasks share no sandbox of their own, choose another path`,
          );
        const making: Making = { as: "directory", owner };
        const there = found(source.path, () => openBelow(base, source.path, making));
        return pin(container, index, { ...there, path: join(base, source.path) });
      }
      case "secret": {
        const { secrets, memory } = this.#options;
        const contents = secrets.read(source.secret);
        const file = memory.write(memory.place(container), `secret-${index}`, contents, owner);
        return { source: file, isDirectory: false };
      }
      default:
        return source satisfies never;
    }
  }

  /** What the operator allowed and does not answer is as if it were not there. */
  async #findHostPath(path: string, mode: ContainerVolume["mode"]): Promise<Source> {
    const { hostVolumes, hiddenPaths } = this.#options;
    const answers = await Promise.all(hostVolumes.map((each) => this.#hung.answers(each.path, "read")));
    await this.#hung.refuseUnlessAnswers(path, "read");
    const answering = hostVolumes.filter((_, index) => answers[index]);
    return findHostPath(path, mode, answering, hiddenPaths);
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
