/**
 * Persistent volumes of apps, as their owners want them: where in the container, how much, on which kind of disk.
 *
 * An app that has one is *resident*: each of its instances has a reservation and volumes of its own, and comes back
 * to them. The volumes that there are, as resources of agents, are `volume.ts`.
 */

import { type Constraint, matchesPattern } from "#model/constraint.ts";
import type { RunSpec } from "#model/pod.ts";
import type { Milli } from "#model/resources.ts";

export const persistentVolumeTypes = ["root", "path", "mount"] as const;
export type PersistentVolumeType = (typeof persistentVolumeTypes)[number];

export type PersistentVolume = {
  /** In the sandbox: one name, without slashes. */
  readonly containerPath: string;
  readonly type: PersistentVolumeType;
  /** MiB, at least. */
  readonly size: Milli;
  /** Of a whole disk (`mount`): at most. */
  readonly maxSize?: Milli | undefined;
  readonly profileName?: string | undefined;
  /** On the directory of the disk (`path`), by LIKE and UNLIKE; undefined: none. */
  readonly constraints?: readonly Constraint[] | undefined;
};

/** Of a pod they are in the sandbox that its containers share, under their names. */
export const persistentVolumesOf = (spec: RunSpec): readonly PersistentVolume[] =>
  "containers" in spec
    ? spec.volumes.flatMap((volume) =>
        volume.kind === "persistent" ? [{ containerPath: volume.name, ...volume.wish }] : [],
      )
    : (spec.persistentVolumes ?? []);

export const isResident = (spec: RunSpec): boolean => persistentVolumesOf(spec).length > 0;

/** Whether a disk in this directory is one that the volume may be on. */
export const acceptsRoot = ({ constraints = [] }: PersistentVolume, root: string): boolean =>
  constraints.every((constraint) => matchesPattern(constraint, root) === (constraint.operator === "LIKE"));
