/**
 * One resource with all that sets it apart: its reservations, its disk, whether it is shared or revocable.
 *
 * Semantics: Apache Mesos's `Resource`, always in the form after reservation refinement. To whom a resource
 * is allocated is said by what holds it (an offer, a task, a claim), which is of one role, and never here.
 * Lists are kept normal: in order of identity, what may be added added up, nothing empty.
 */

import type { RoleName } from "#model/ids.ts";
import {
  addValues,
  coversValue,
  formatValue,
  isEmptyValue,
  type ResourceValue,
  subtractValues,
} from "#model/resource-value.ts";

export type Label = { readonly key: string; readonly value: string | undefined };

/** One entry of a stack: the first may be static, every further one is dynamic and of a role below. */
export type Reservation = {
  readonly type: "static" | "dynamic";
  readonly role: RoleName;
  readonly principal: string | undefined;
  readonly labels: readonly Label[];
};

export const diskSourceTypes = ["path", "mount", "block", "raw"] as const;

/** Where a disk is; none means the agent's own root disk. */
export type DiskSource = {
  readonly type: (typeof diskSourceTypes)[number];
  /** Of a path or a mount: the directory on the agent. */
  readonly root: string | undefined;
  readonly id: string | undefined;
  readonly profile: string | undefined;
  readonly vendor: string | undefined;
  readonly metadata: readonly Label[];
};

export type DiskInfo = {
  readonly persistence: { readonly id: string; readonly principal: string | undefined } | undefined;
  readonly volume:
    | {
        readonly containerPath: string;
        readonly mode: "read-write" | "read-only";
        readonly hostPath: string | undefined;
      }
    | undefined;
  readonly source: DiskSource | undefined;
};

export type Resource = {
  readonly name: string;
  readonly value: ResourceValue;
  /** Outermost first; empty: unreserved. */
  readonly reservations: readonly Reservation[];
  readonly disk: DiskInfo | undefined;
  /** How many share it; 0: it is not shared. */
  readonly sharedCount: number;
  readonly revocable: boolean;
  readonly providerId: string | undefined;
};

export const plainResource = (name: string, value: ResourceValue): Resource => ({
  name,
  value,
  reservations: [],
  disk: undefined,
  sharedCount: 0,
  revocable: false,
  providerId: undefined,
});

/** Never added to another and never split: a volume, a whole disk, a raw disk with a name. */
export const isExclusive = ({ disk }: Resource): boolean =>
  disk !== undefined &&
  (disk.persistence !== undefined ||
    disk.source?.type === "mount" ||
    disk.source?.type === "block" ||
    (disk.source?.type === "raw" && disk.source.id !== undefined));

export const isShared = (resource: Resource): boolean => resource.sharedCount > 0;

export const isEmptyResource = (resource: Resource): boolean => isEmptyValue(resource.value);

const identities = new WeakMap<Resource, string>();

/** Equal for two resources that are of one kind: these add, or, exclusive and shared ones, are the same. */
export function identityOf(resource: Resource): string {
  const known = identities.get(resource);
  if (known !== undefined) return known;
  const { name, value, reservations, disk, sharedCount, revocable, providerId } = resource;
  const whole = isExclusive(resource) || sharedCount > 0;
  const identity = JSON.stringify([
    name,
    value.kind,
    reservations.map(reservationIdentity),
    disk === undefined ? null : diskIdentity(disk),
    sharedCount > 0,
    revocable,
    providerId ?? null,
    whole ? valueIdentity(value) : null,
  ]);
  identities.set(resource, identity);
  return identity;
}

/** The normal form of a list. */
export function normalise(list: Iterable<Resource>): readonly Resource[] {
  const sum: Resource[] = [];
  const sorted = [...list].filter((resource) => !isEmptyResource(resource)).sort(byIdentity);
  for (const resource of sorted) addTo(sum, resource);
  return sum.length === 0 ? noOthers : sum;
}

export const noOthers: readonly Resource[] = [];

/** Of two normal lists: what adds is added, what is shared is counted, what is exclusive stands twice. */
export function addLists(left: readonly Resource[], right: readonly Resource[]): readonly Resource[] {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const sum: Resource[] = [];
  let [at, of] = [0, 0];
  while (at < left.length || of < right.length) {
    const [a, b] = [left[at], right[of]];
    const takesLeft = b === undefined || (a !== undefined && identityOf(a) <= identityOf(b));
    addTo(sum, (takesLeft ? a : b) as Resource);
    if (takesLeft) at += 1;
    else of += 1;
  }
  return sum;
}

/** What is left of `left`; what is only in `right` is passed over. */
export function subtractLists(left: readonly Resource[], right: readonly Resource[]): readonly Resource[] {
  if (left.length === 0 || right.length === 0) return left;
  const rest = [...left];
  for (const resource of right) {
    const index = rest.findIndex((each) => identityOf(each) === identityOf(resource));
    const from = rest[index];
    if (from === undefined) continue;
    const after = subtractOne(from, resource);
    if (after === undefined) rest.splice(index, 1);
    else rest[index] = after;
  }
  return rest;
}

/** Whether `right` could be taken from `left` in full. */
export function coversList(left: readonly Resource[], right: readonly Resource[]): boolean {
  if (right.length === 0) return true;
  let rest = left;
  for (const resource of right) {
    const from = rest.find((each) => identityOf(each) === identityOf(resource));
    if (from === undefined || !coversOne(from, resource)) return false;
    rest = subtractLists(rest, [resource]);
  }
  return true;
}

export const equalLists = (left: readonly Resource[], right: readonly Resource[]): boolean =>
  left.length === right.length && coversList(left, right) && coversList(right, left);

/** `disk(a, b)[data:/path] 10`: the reservations' roles in brackets, then the volume. */
export function formatResource(resource: Resource): string {
  const { name, value, reservations, disk, sharedCount, revocable } = resource;
  const roles = reservations.map(({ role }) => role).join(", ");
  const volume = [disk?.source?.type, disk?.source?.root, disk?.persistence?.id, disk?.volume?.containerPath]
    .filter((part) => part !== undefined)
    .join(":");
  return [
    name,
    roles === "" ? "" : `(${roles})`,
    disk === undefined ? "" : `[${volume}]`,
    revocable ? "{revocable}" : "",
    sharedCount > 0 ? `<shared by ${sharedCount}>` : "",
    ` ${formatValue(value)}`,
  ].join("");
}

function coversOne(left: Resource, right: Resource): boolean {
  if (isShared(left)) return left.sharedCount >= right.sharedCount;
  return isExclusive(left) || coversValue(left.value, right.value);
}

/** Undefined when nothing is left. Both have one identity. */
function subtractOne(left: Resource, right: Resource): Resource | undefined {
  if (isShared(left)) {
    const sharedCount = left.sharedCount - right.sharedCount;
    return sharedCount > 0 ? { ...left, sharedCount } : undefined;
  }
  if (isExclusive(left)) return undefined;
  const rest = { ...left, value: subtractValues(left.value, right.value) };
  return isEmptyResource(rest) ? undefined : rest;
}

/** To the end of a list that is in order up to there. */
function addTo(list: Resource[], resource: Resource): void {
  const last = list.at(-1);
  if (last === undefined || identityOf(last) !== identityOf(resource)) list.push(resource);
  else if (isShared(last))
    list[list.length - 1] = { ...last, sharedCount: last.sharedCount + resource.sharedCount };
  else if (isExclusive(last)) list.push(resource);
  else list[list.length - 1] = { ...last, value: addValues(last.value, resource.value) };
}

const byIdentity = (left: Resource, right: Resource): number => {
  const [a, b] = [identityOf(left), identityOf(right)];
  return a < b ? -1 : a > b ? 1 : 0;
};

const reservationIdentity = ({ type, role, principal, labels }: Reservation): unknown => [
  type,
  role,
  principal ?? null,
  labelsIdentity(labels),
];

const labelsIdentity = (labels: readonly Label[]): unknown =>
  labels.map(({ key, value }) => JSON.stringify([key, value ?? null])).sort();

const diskIdentity = ({ persistence, volume, source }: DiskInfo): unknown => [
  persistence === undefined ? null : [persistence.id, persistence.principal ?? null],
  volume === undefined ? null : [volume.containerPath, volume.mode, volume.hostPath ?? null],
  source === undefined
    ? null
    : [
        source.type,
        source.root ?? null,
        source.id ?? null,
        source.profile ?? null,
        source.vendor ?? null,
        labelsIdentity(source.metadata),
      ],
];

const valueIdentity = (value: ResourceValue): unknown => {
  switch (value.kind) {
    case "scalar":
      return value.amount;
    case "ranges":
      return value.ranges;
    case "set":
      return value.items;
    default:
      return value satisfies never;
  }
};
