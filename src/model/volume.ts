/**
 * Persistent volumes: pieces of a reserved disk with a name, whose contents outlive tasks.
 *
 * A volume is exclusive, so it is offered, used and destroyed whole; a shared one may be used by many tasks
 * at a time. Taking the volume off a disk gives the disk back as it was before.
 */

import { isReserved } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { fromList, type Resources, toList } from "#model/resources.ts";

export const isPersistentVolume = ({ disk }: Resource): boolean => disk?.persistence !== undefined;

/** What is wrong with it as a volume, if anything. */
export function volumeFault(resource: Resource): string | undefined {
  const { disk, name, value, revocable } = resource;
  if (disk?.persistence === undefined) return "it has no persistence id";
  const { id } = disk.persistence;
  if (id === "" || /[/\\]|\p{Cc}/u.test(id) || id === "." || id === "..")
    return `'${id}' cannot be the name of a directory`;
  if (name !== "disk" || value.kind !== "scalar") return `a volume is a piece of disk, not of ${name}`;
  if (disk.volume === undefined) return `volume ${id} has no path in the container`;
  if (disk.volume.hostPath !== undefined)
    return `volume ${id} has a path on the host, which is the agent's affair`;
  if (!isReserved(resource)) return `volume ${id} is on disk that is not reserved`;
  if (revocable) return `volume ${id} is on revocable disk`;
  return undefined;
}

/** The disk without its volume. */
export function withoutVolume(resource: Resource): Resource {
  const { disk } = resource;
  if (disk === undefined) return { ...resource, sharedCount: 0 };
  const source = disk.source;
  return {
    ...resource,
    sharedCount: 0,
    disk: source === undefined ? undefined : { source, persistence: undefined, volume: undefined },
  };
}

export const withoutVolumes = (value: Resources): Resources =>
  fromList(
    toList(value).map((resource) => (isPersistentVolume(resource) ? withoutVolume(resource) : resource)),
  );

/** What is left when the volumes are taken out with their disk: a sandbox has its room beside them. */
export const besideVolumes = (value: Resources): Resources =>
  value.others.some(isPersistentVolume)
    ? { ...value, others: value.others.filter((resource) => !isPersistentVolume(resource)) }
    : value;

export const persistenceIds = (list: Iterable<Resource>): string[] =>
  [...list].flatMap(({ disk }) => (disk?.persistence === undefined ? [] : [disk.persistence.id]));
