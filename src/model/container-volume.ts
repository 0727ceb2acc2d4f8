/**
 * Volumes: what of elsewhere a container sees at a path of its own.
 *
 * Those of a task come from its description; persistent ones come with the resources that it uses, and are known
 * by the disk, the role that reserved it and the name that the framework gave.
 */

import type { RoleName } from "#model/ids.ts";
import type { Resource } from "#model/resource.ts";
import { fromMilli } from "#model/resource-value.ts";
import type { Resources } from "#model/resources.ts";
import type { Secret, SecretReference } from "#model/secret.ts";
import { isPersistentVolume } from "#model/volume.ts";

export type VolumeMode = "read-write" | "read-only";

export type Volume = {
  /** Relative: below the sandbox. */
  readonly containerPath: string;
  readonly mode: VolumeMode;
  readonly source: VolumeSource;
};

export type VolumeSource =
  /** A path of the agent's host, below a directory that its operator allowed. */
  | { readonly kind: "host"; readonly path: string }
  /** Below the task's sandbox, or below the one that it shares with others of its executor. */
  | { readonly kind: "sandbox"; readonly of: "self" | "parent"; readonly path: string }
  /** A file that only the task's user can read, in memory. */
  | { readonly kind: "secret"; readonly secret: Secret }
  /** Memory of the container's own, empty at first. */
  | {
      readonly kind: "tmpfs";
      readonly bytesMax?: number | undefined;
      /** Of its root, as `chmod` takes it. */
      readonly permissions?: number | undefined;
      readonly mayExecute?: boolean | undefined;
    }
  /** The files of an image; what is written there is the container's own, and goes with it. */
  | {
      readonly kind: "image";
      readonly reference: string;
      readonly forcePull: boolean;
      /** As of `RootFilesystem`. */
      readonly pullConfig?: string | undefined;
      readonly pullSecret?: SecretReference | undefined;
    };

/** A directory that outlives tasks. */
export type PersistentDirectory = {
  readonly role: RoleName;
  readonly id: string;
  readonly disk:
    | { readonly kind: "root" }
    /** `path`: it has a directory there; `mount`: it is the whole of it. */
    | { readonly kind: "path" | "mount"; readonly root: string };
  readonly isShared: boolean;
  /** How much may be in it, where that can be held. */
  readonly mebibytes?: number | undefined;
};

/** A volume as it is given to a container. */
export type ContainerVolume = Omit<Volume, "source"> & {
  readonly source: VolumeSource | { readonly kind: "persistent"; readonly directory: PersistentDirectory };
};

/** Undefined: it is no volume, or on a disk that has no directories. */
export function persistentDirectoryOf(resource: Resource): PersistentDirectory | undefined {
  const { disk, reservations, sharedCount } = resource;
  const role = reservations.at(-1)?.role;
  if (disk?.persistence === undefined || role === undefined) return undefined;
  const { source } = disk;
  const common = {
    ...{ role, id: disk.persistence.id, isShared: sharedCount > 0 },
    ...(resource.value.kind === "scalar" ? { mebibytes: fromMilli(resource.value.amount) } : {}),
  };
  if (source === undefined) return { ...common, disk: { kind: "root" } };
  if ((source.type !== "path" && source.type !== "mount") || source.root === undefined) return undefined;
  return { ...common, disk: { kind: source.type, root: source.root } };
}

/** Equal for two that are the same directory, whatever their size. */
export const persistentKey = ({ role, id, disk }: PersistentDirectory): string =>
  JSON.stringify([disk.kind, disk.kind === "root" ? "" : disk.root, role, id]);

export const persistentDirectories = (list: readonly Resource[]): ReadonlyMap<string, PersistentDirectory> =>
  new Map(
    list.flatMap((resource) => {
      const directory = persistentDirectoryOf(resource);
      return directory === undefined ? [] : [[persistentKey(directory), directory] as const];
    }),
  );

/** What a task sees of the volumes among its resources. */
export const volumesOfResources = ({ others }: Resources): readonly ContainerVolume[] =>
  others.filter(isPersistentVolume).flatMap((resource) => {
    const directory = persistentDirectoryOf(resource);
    const volume = resource.disk?.volume;
    if (directory === undefined || volume === undefined) return [];
    const { containerPath, mode } = volume;
    return [{ containerPath, mode, source: { kind: "persistent" as const, directory } }];
  });
