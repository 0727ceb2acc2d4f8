/**
 * Persistent volumes of apps (`container.volumes[].persistent`), and what they bring along: an upgrade that stops
 * before it starts, and instances that are waited for when their agent is unreachable.
 */

import Type, { type Static } from "typebox";
import { limits } from "#base/limits.ts";
import type { AppDefinition, AppPatch } from "#model/app.ts";
import {
  isResident,
  type PersistentVolume,
  type PersistentVolumeType,
  persistentVolumeTypes,
} from "#model/persistent-volume.ts";
import { fromMilli, milli } from "#model/resources.ts";
import type { Faults } from "../json/problem.ts";
import type { ContainerJson, VolumeJson } from "./app-schema.ts";
import { constraintsSchema, formatConstraints, parseConstraints } from "./constraints.ts";

const megabytes = () => Type.Integer({ minimum: 0, maximum: limits.megabytesMax });

export const persistentSchema = Type.Object({
  type: Type.Optional(Type.Enum([...persistentVolumeTypes])),
  size: Type.Optional(megabytes()),
  maxSize: Type.Optional(megabytes()),
  profileName: Type.Optional(Type.String({ maxLength: limits.idLengthMax })),
  constraints: Type.Optional(constraintsSchema),
});
export type PersistentJson = Static<typeof persistentSchema>;

/** What an app with volumes is when its owner says no more. */
export const residentDefaults = {
  upgradeStrategy: { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
  unreachableStrategy: "disabled",
} as const;

/** What says no more than is so anyway is left out. */
export function parsePersistent(
  container: ContainerJson,
  base: AppDefinition,
  faults: Faults,
): Pick<AppPatch, "persistentVolumes" | "upgradeStrategy" | "unreachableStrategy"> {
  const persistentVolumes = (container.volumes ?? []).flatMap(
    (volume, index) => parseVolume(volume, `/container/volumes(${index})`, faults) ?? [],
  );
  if (persistentVolumes.length === 0)
    return base.persistentVolumes === undefined ? {} : { persistentVolumes: undefined };
  return { persistentVolumes, ...(isResident(base) ? {} : residentDefaults) };
}

function parseVolume(volume: VolumeJson, at: string, faults: Faults): PersistentVolume | undefined {
  const { persistent, containerPath = "", mode = "RW", hostPath } = volume;
  if (persistent === undefined) return undefined;
  if (mode !== "RW") faults.add(`${at}/mode`, "must be RW: a volume is there to be written");
  if (hostPath !== undefined) faults.add(`${at}/hostPath`, "a persistent volume has no path of the host");
  return readPersistent(persistent, containerPath, at, faults);
}

/** Also of a pod, where `containerPath` is the volume's name. */
export function readPersistent(
  persistent: PersistentJson,
  containerPath: string,
  at: string,
  faults: Faults,
): PersistentVolume {
  const { size, maxSize, profileName, constraints = [] } = persistent;
  if (size === undefined) faults.add(`${at}/persistent/size`, "is missing");
  const type: PersistentVolumeType = persistent.type ?? (profileName === undefined ? "root" : "mount");
  const parsed = parseConstraints(constraints, `${at}/persistent/constraints`, faults);
  return {
    containerPath,
    type,
    size: milli(size ?? 0),
    ...(maxSize === undefined ? {} : { maxSize: milli(maxSize) }),
    ...(profileName === undefined ? {} : { profileName }),
    ...(parsed === undefined ? {} : { constraints: parsed }),
  };
}

export const formatPersistent = ({ persistentVolumes = [] }: AppDefinition) =>
  persistentVolumes.map((volume) => ({
    containerPath: volume.containerPath,
    mode: "RW",
    persistent: formatWish(volume),
  }));

export const formatWish = ({
  type,
  size,
  maxSize,
  profileName,
  constraints,
}: Omit<PersistentVolume, "containerPath">) => ({
  type,
  size: fromMilli(size),
  ...(maxSize === undefined ? {} : { maxSize: fromMilli(maxSize) }),
  ...(profileName === undefined ? {} : { profileName }),
  constraints: formatConstraints(constraints),
});
