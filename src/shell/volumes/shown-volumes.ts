/**
 * Which of a container's volumes its sandbox shows to who looks into it from outside, where the container's mounts
 * are not: persistent ones, and those of a sandbox, as in Mesos. Never host paths, images, secrets or memory.
 *
 * Kept with the container's definition, so that another agent on it shows the same.
 */

import { writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ContainerVolume } from "#model/container-volume.ts";
import type { HeldContainer } from "../containers/backend.ts";

export type ShownVolume = {
  /** In the sandbox. */
  readonly place: string;
  /** What is there. */
  readonly directory: string;
  /** What nothing below it leads out of: a directory that no task can replace. */
  readonly boundary: string;
  /** The disk that it is on, if not the agent's own. */
  readonly disk?: string | undefined;
};

const fileOf = ({ directory }: HeldContainer): string => join(directory, "shown-volumes.json");

/** Undefined: it is not shown. `persistent`: where a persistent one is. */
export function shownVolume(
  { sandbox, sharedSandbox }: HeldContainer,
  { containerPath, source }: ContainerVolume,
  persistent: string,
): ShownVolume | undefined {
  // Elsewhere in the container is not in its sandbox.
  if (containerPath.startsWith("/")) return undefined;
  const place = join(sandbox, containerPath);
  const boundary = sharedSandbox ?? sandbox;
  if (source.kind === "sandbox")
    return { place, directory: join(source.of === "self" ? sandbox : boundary, source.path), boundary };
  if (source.kind !== "persistent") return undefined;
  const { disk } = source.directory;
  const ofDisk = disk.kind === "root" ? {} : { disk: disk.root };
  return { place, directory: persistent, boundary: persistent, ...ofDisk };
}

export function writeShown(container: HeldContainer, shown: readonly ShownVolume[]): void {
  if (shown.length > 0) writeFileSync(fileOf(container), JSON.stringify(shown), { mode: 0o600 });
}

/** None when there is nothing readable. */
export async function readShown(container: HeldContainer): Promise<readonly ShownVolume[]> {
  try {
    return JSON.parse(await readFile(fileOf(container), "utf8")) as readonly ShownVolume[];
  } catch {
    return [];
  }
}

/** The innermost of them that `path` is in or at. */
export function volumeAt(volumes: readonly ShownVolume[], path: string): ShownVolume | undefined {
  const around = volumes.filter(({ place }) => path === place || path.startsWith(`${place}/`));
  return around.toSorted((left, right) => right.place.length - left.place.length)[0];
}

/** Those that are entries of `directory`, by their names there. */
export const volumesOf = (
  volumes: readonly ShownVolume[],
  directory: string,
): ReadonlyMap<string, ShownVolume> =>
  new Map(
    volumes
      .filter(({ place }) => dirname(place) === directory)
      .map((volume) => [volume.place.slice(directory.length + 1), volume]),
  );
