/**
 * Resources, between Mesos's messages and our own terms.
 *
 * Mesos has two formats: before reservation refinement (`role` and one `reservation`) and after it
 * (`reservations`, a stack). Ours is the later one; both are read, and either is written. To whom resources are
 * allocated is said by what holds them, so that it is given when they are written, and ignored when read.
 */

import { roleName } from "#model/ids.ts";
import { isShared, type Reservation, type Resource } from "#model/resource.ts";
import { formatValue } from "#model/resource-value.ts";
import { flatten, fromList, fromMilli, type Resources, toList } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import type { MessageOf } from "../proto/tables.ts";
import { labelList, labelListMessage } from "./basics.ts";
import { diskFromMessage, diskMessage } from "./disk.ts";
import { type Translated, translateAll, translated, untranslated } from "./translated.ts";
import { valueFromMessage, valueMessage } from "./values.ts";

export type ResourceMessage = MessageOf<"Resource">;
type ReservationMessage = MessageOf<"Resource.ReservationInfo">;

export type ResourceFormat = {
  /** To which role they are allocated; undefined: this is not said. */
  readonly allocatedTo: string | undefined;
  /** Whether the reader knows stacks of reservations. */
  readonly refined: boolean;
};

/** What agents have as such: allocated to nobody. */
export const plainFormat: ResourceFormat = { allocatedTo: undefined, refined: true };

/** What is shared stands there as often as it is held. */
export const resourceMessages = (
  resources: Resources,
  format: ResourceFormat = plainFormat,
): readonly ResourceMessage[] =>
  toList(resources).flatMap((resource) => {
    const message = resourceMessage(resource, format);
    return isShared(resource) ? Array.from({ length: resource.sharedCount }, () => message) : [message];
  });

/** A stack of several reservations can only be told to those who know stacks; others see its top. */
export function resourceMessage(
  resource: Resource,
  { allocatedTo, refined }: ResourceFormat,
): ResourceMessage {
  const { name, value, reservations, disk, revocable, providerId } = resource;
  return {
    provider_id: providerId === undefined ? undefined : { value: providerId },
    name,
    ...valueMessage(value),
    allocation_info: allocatedTo === undefined ? undefined : { role: allocatedTo },
    ...(refined ? reservationStack(reservations) : earlierReservation(reservations)),
    disk: disk === undefined ? undefined : diskMessage(disk),
    revocable: revocable ? {} : undefined,
    shared: isShared(resource) ? {} : undefined,
  };
}

const reservationStack = (reservations: readonly Reservation[]): Pick<ResourceMessage, "reservations"> =>
  reservations.length === 0 ? {} : { reservations: reservations.map(reservationMessage) };

const reservationMessage = ({ type, role, principal, labels }: Reservation): ReservationMessage => ({
  type: type === "static" ? "STATIC" : "DYNAMIC",
  role,
  principal,
  labels: labelListMessage(labels),
});

function earlierReservation(
  reservations: readonly Reservation[],
): Pick<ResourceMessage, "role" | "reservation"> {
  const top = reservations.at(-1);
  if (top === undefined) return { role: defaultRole };
  const { role, principal, labels } = top;
  if (top.type === "static") return { role };
  return { role, reservation: { principal, labels: labelListMessage(labels) } };
}

export function resourcesFromMessages(messages: readonly ResourceMessage[]): Translated<Resources> {
  const list = translateAll(messages, resourceFromMessage);
  return list.ok ? translated(fromList(list.value)) : list;
}

/** As `resourcesFromMessages`, of what a task or an executor is to use: nobody uses a part of a GPU. */
export function usedFromMessages(messages: readonly ResourceMessage[]): Translated<Resources> {
  const resources = resourcesFromMessages(messages);
  return resources.ok && !Number.isInteger(fromMilli(flatten(resources.value).gpus))
    ? untranslated("The 'gpus' resource must be an unsigned integer")
    : resources;
}

export function resourceFromMessage(message: ResourceMessage): Translated<Resource> {
  const { name } = message;
  const invalid = (fault: string): Translated<never> =>
    untranslated(`Resource '${describe(message)}' is invalid: ${fault}`);
  if (name === "") return untranslated("Empty resource name");
  const value = valueFromMessage(message);
  if (!value.ok) return invalid(value.fault);
  const reservations = reservationsFromMessage(message);
  if (!reservations.ok) return invalid(reservations.fault);
  if (message.disk !== undefined && name !== "disk")
    return invalid(`DiskInfo should not be set for ${name} resource`);
  const disk = message.disk === undefined ? undefined : diskFromMessage(message.disk);
  if (disk !== undefined && !disk.ok) return invalid(disk.fault);
  if (message.shared !== undefined && disk?.value.persistence === undefined)
    return invalid("Only persistent volumes can be shared");
  return translated({
    name,
    value: value.value,
    reservations: reservations.value,
    disk: disk?.value,
    sharedCount: message.shared === undefined ? 0 : 1,
    revocable: message.revocable !== undefined,
    providerId: message.provider_id?.value,
  });
}

/** Either format, but not both at once. */
function reservationsFromMessage(message: ResourceMessage): Translated<readonly Reservation[]> {
  const { role, reservation, reservations = [] } = message;
  const isReserved = role !== undefined && role !== "" && role !== defaultRole;
  if (reservations.length > 0) {
    if (role !== undefined && role !== defaultRole)
      return untranslated("'Resource.role' must not be set if 'Resource.reservations' is set");
    if (reservation !== undefined)
      return untranslated("'Resource.reservation' must not be set if 'Resource.reservations' is set");
    return translateAll(reservations, reservationFromMessage);
  }
  if (!isReserved)
    return reservation === undefined
      ? translated([])
      : untranslated(`Invalid reservation: role '${defaultRole}' cannot be dynamically reserved`);
  return translated([
    {
      type: reservation === undefined ? "static" : "dynamic",
      role: roleName(role),
      principal: reservation?.principal,
      labels: labelList(reservation?.labels),
    },
  ]);
}

function reservationFromMessage(message: ReservationMessage): Translated<Reservation> {
  const { type, role, principal, labels } = message;
  if (type !== "STATIC" && type !== "DYNAMIC")
    return untranslated("Invalid reservation: 'Resource.ReservationInfo.type' field must be set");
  if (role === undefined)
    return untranslated("Invalid reservation: 'Resource.ReservationInfo.role' field must be set");
  return translated({
    type: type === "STATIC" ? "static" : "dynamic",
    role: roleName(role),
    principal,
    labels: labelList(labels),
  });
}

/** `cpus:-1`, as Mesos names a resource in its sentences. */
function describe(message: ResourceMessage): string {
  if (message.type === "SCALAR") return `${message.name}:${message.scalar?.value ?? 0}`;
  const value = valueFromMessage(message);
  return value.ok ? `${message.name}:${formatValue(value.value)}` : message.name;
}
