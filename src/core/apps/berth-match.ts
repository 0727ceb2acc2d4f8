/**
 * Whether an offer has room for a new berth of a resident app: all that an instance needs, unreserved, and a disk
 * for each of its volumes.
 *
 * Volumes on the agent's own disk are room on it like any other; on a further disk a share of the emptiest, or the
 * smallest whole one that is large enough.
 */

import { acceptsRoot, type PersistentVolume, persistentVolumesOf } from "#model/persistent-volume.ts";
import { isPod, type RunSpec } from "#model/pod.ts";
import type { Refusal } from "#model/reason.ts";
import { identityOf, plainResource, type Resource, subtractLists } from "#model/resource.ts";
import { asMilli, type Milli, scalarValue } from "#model/resource-value.ts";
import { addResources, fromList, fromMilli, type Resources, subtractResources } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import { type Circumstances, matchSpec, type Place } from "./match.ts";

export type BerthMatch =
  | {
      readonly kind: "match";
      readonly ports: readonly number[];
      /** As they are offered: nothing is reserved yet, and no volume made. */
      readonly rest: Resources;
      readonly disks: readonly { readonly volume: PersistentVolume; readonly disk: Resource }[];
    }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

export function matchBerth(app: RunSpec, place: Place, circumstances: Circumstances): BerthMatch {
  const volumes = persistentVolumesOf(app);
  const onRoot = volumes.filter(({ type }) => type === "root");
  const room = onRoot.reduce((sum, { size }) => sum + size, 0);
  const match = matchSpec(withRoom(app, room), place, circumstances);
  const found = findDisks(volumes, subtractResources(place.resources, circumstances.taken).others);
  const refusals = [...(match.kind === "refused" ? match.refusals : []), ...found.refusals];
  if (match.kind === "refused" || refusals.length > 0) return { kind: "refused", refusals };
  const rootDisks = onRoot.map((volume) => ({
    volume,
    disk: plainResource("disk", scalarValue(volume.size)),
  }));
  const rest = subtractResources(match.resources, fromList(rootDisks.map((each) => each.disk)));
  return { kind: "match", ports: match.ports, rest, disks: [...rootDisks, ...found.disks] };
}

/** The same with more disk, and of what is not reserved. */
function withRoom(spec: RunSpec, room: number): RunSpec {
  const acceptedResourceRoles = [defaultRole];
  if (!isPod(spec)) return { ...spec, disk: asMilli(spec.disk + room), acceptedResourceRoles };
  const { executorResources } = spec;
  const disk = asMilli(executorResources.disk + room);
  return { ...spec, executorResources: { ...executorResources, disk }, acceptedResourceRoles };
}

/** All that is taken of the offer. */
export const takenBy = ({ rest, disks }: BerthMatch & { readonly kind: "match" }): Resources =>
  addResources(rest, fromList(disks.map(({ disk }) => disk)));

type Found = {
  readonly disks: readonly { readonly volume: PersistentVolume; readonly disk: Resource }[];
  readonly refusals: readonly Refusal[];
};

/** The largest volumes choose first. */
function findDisks(volumes: readonly PersistentVolume[], offered: readonly Resource[]): Found {
  let free = offered.filter(isFreeDisk);
  const disks: { volume: PersistentVolume; disk: Resource }[] = [];
  const refusals: Refusal[] = [];
  for (const volume of [...volumes].sort((a, b) => b.size - a.size)) {
    if (volume.type === "root") continue;
    const chosen = chooseDisk(volume, free);
    if (chosen === undefined)
      refusals.push({ kind: "volume", containerPath: volume.containerPath, wanted: describe(volume) });
    else {
      disks.push({ volume, disk: chosen });
      free = without(free, chosen);
    }
  }
  return { disks, refusals };
}

const isFreeDisk = ({ name, disk, reservations, sharedCount, revocable, providerId }: Resource): boolean =>
  name === "disk" &&
  disk?.source !== undefined &&
  disk.persistence === undefined &&
  reservations.length === 0 &&
  sharedCount === 0 &&
  !revocable &&
  providerId === undefined;

function chooseDisk(volume: PersistentVolume, free: readonly Resource[]): Resource | undefined {
  const fitting = free.filter((resource) => fits(volume, resource));
  const [best] =
    volume.type === "path"
      ? fitting.sort((a, b) => amountOf(b) - amountOf(a))
      : fitting.sort((a, b) => amountOf(a) - amountOf(b));
  if (best === undefined || volume.type === "mount") return best;
  return { ...best, value: scalarValue(volume.size) };
}

function fits(volume: PersistentVolume, resource: Resource): boolean {
  const source = resource.disk?.source;
  const amount = amountOf(resource);
  return (
    source?.type === volume.type &&
    amount >= volume.size &&
    (volume.maxSize === undefined || amount <= volume.maxSize) &&
    (volume.profileName === undefined || volume.profileName === source.profile) &&
    acceptsRoot(volume, source.root ?? "")
  );
}

const without = (free: readonly Resource[], taken: Resource): Resource[] => {
  const rest = free.filter((resource) => identityOf(resource) !== identityOf(taken));
  const from = free.filter((resource) => identityOf(resource) === identityOf(taken));
  return [...rest, ...(taken.disk?.source?.type === "mount" ? from.slice(1) : subtractLists(from, [taken]))];
};

const amountOf = ({ value }: Resource): Milli => (value.kind === "scalar" ? value.amount : asMilli(0));

const describe = ({ type, size, maxSize, profileName, constraints = [] }: PersistentVolume): string =>
  [
    `${type}, ${fromMilli(size)} MiB`,
    maxSize === undefined ? "" : `at most ${fromMilli(maxSize)} MiB`,
    profileName === undefined ? "" : `profile ${profileName}`,
    ...constraints.map(({ operator, value }) => `path ${operator} '${value}'`),
  ]
    .filter((part) => part !== "")
    .join(", ");
