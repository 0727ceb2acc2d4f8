/**
 * What an operation on reservations or volumes takes, and what it gives instead: the same amounts, otherwise
 * held.
 *
 * Checks all that the operation itself can tell; whether what it takes is there is the caller's question.
 */

import type { ConvertingOperation } from "#model/operation.ts";
import {
  isDynamicallyReserved,
  popReservation,
  reservationsFault,
  toUnreserved,
} from "#model/reservation.ts";
import {
  formatResource,
  identityOf,
  isEmptyResource,
  isShared,
  plainResource,
  type Resource,
} from "#model/resource.ts";
import { addValues, asMilli, type Milli, scalarValue } from "#model/resource-value.ts";
import {
  addResources,
  coversResources,
  equalResources,
  formatResources,
  fromList,
  isEmptyResources,
  type Resources,
  subtractResources,
  toList,
} from "#model/resources.ts";
import { isPersistentVolume, volumeFault, withoutVolume, withoutVolumes } from "#model/volume.ts";

export type Conversion = { readonly consumed: Resources; readonly converted: Resources };
export type ConversionOrFault =
  | { readonly ok: true; readonly conversion: Conversion }
  | { readonly ok: false; readonly fault: string };

export function conversionOf(operation: ConvertingOperation): ConversionOrFault {
  const fault = conversionFault(operation);
  return fault === undefined ? { ok: true, conversion: convert(operation) } : { ok: false, fault };
}

/** Undefined when the pool does not hold what the conversion takes. */
export function convertPool(pool: Resources, { consumed, converted }: Conversion): Resources | undefined {
  if (!coversResources(pool, consumed)) return undefined;
  return addResources(subtractResources(pool, consumed), converted);
}

function convert(operation: ConvertingOperation): Conversion {
  switch (operation.kind) {
    case "reserve":
      return {
        consumed: operation.source ?? popReservation(operation.resources),
        converted: operation.resources,
      };
    case "unreserve":
      return { consumed: operation.resources, converted: popReservation(operation.resources) };
    case "create":
      return { consumed: withoutVolumes(operation.volumes), converted: operation.volumes };
    case "destroy":
      return { consumed: operation.volumes, converted: withoutVolumes(operation.volumes) };
    case "grow-volume": {
      const { volume, addition } = operation;
      const grown = { ...volume, value: addValues(volume.value, addition.value) };
      return { consumed: fromList([volume, addition]), converted: fromList([grown]) };
    }
    case "shrink-volume": {
      const { volume, subtract } = operation;
      const rest = { ...volume, value: scalarValue(asMilli(sizeOf(volume) - subtract)) };
      const freed = { ...withoutVolume(volume), value: scalarValue(subtract) };
      return { consumed: fromList([volume]), converted: fromList([rest, freed]) };
    }
    default:
      return operation satisfies never;
  }
}

function conversionFault(operation: ConvertingOperation): string | undefined {
  switch (operation.kind) {
    case "reserve":
      return reserveFault(operation.resources, operation.source);
    case "unreserve":
      return unreserveFault(operation.resources);
    case "create":
    case "destroy":
      return volumesFault(operation.volumes);
    case "grow-volume":
      return growFault(operation.volume, operation.addition);
    case "shrink-volume":
      return shrinkFault(operation.volume, operation.subtract);
    default:
      return operation satisfies never;
  }
}

function reserveFault(target: Resources, source: Resources | undefined): string | undefined {
  const fault = emptyFault(target) ?? stacksFault(target);
  if (fault !== undefined) return fault;
  const fixed = toList(target).find((resource) => !isDynamicallyReserved(resource));
  if (fixed !== undefined) return `${formatResource(fixed)} is not dynamically reserved`;
  if (source === undefined) return undefined;
  if (!equalResources(toUnreserved(source), toUnreserved(target)))
    return `source and resources differ in more than reservations: ${formatResources(source)} against ${formatResources(target)}`;
  return mixedFault(source) ?? mixedFault(target);
}

function unreserveFault(value: Resources): string | undefined {
  const fault = emptyFault(value) ?? stacksFault(value);
  if (fault !== undefined) return fault;
  for (const resource of toList(value)) {
    if (!isDynamicallyReserved(resource)) return `${formatResource(resource)} is not dynamically reserved`;
    if (isPersistentVolume(resource))
      return `${formatResource(resource)} is a persistent volume; destroy it before it is unreserved`;
  }
  return undefined;
}

function volumesFault(volumes: Resources): string | undefined {
  const fault = emptyFault(volumes) ?? stacksFault(volumes);
  if (fault !== undefined) return fault;
  for (const volume of toList(volumes)) {
    const wrong = volumeFault(volume);
    if (wrong !== undefined) return `Not a persistent volume: ${wrong}`;
    if (volume.sharedCount > 1) return `${formatResource(volume)} is named more than once`;
  }
  return undefined;
}

function growFault(volume: Resource, addition: Resource): string | undefined {
  const fault = volumeFault(volume) ?? sharedFault(volume, "grown");
  if (fault !== undefined) return fault;
  if (isEmptyResource(addition)) return "nothing is added to the volume";
  const [disk, added] = [withoutVolume(volume), addition];
  if (disk.disk?.source?.type === "mount" || disk.disk?.source?.type === "block")
    return "a volume on a whole disk has the disk's size";
  return identityOf(disk) === identityOf(added)
    ? undefined
    : "the addition is of another disk than the volume";
}

function shrinkFault(volume: Resource, subtract: Milli): string | undefined {
  const fault = volumeFault(volume) ?? sharedFault(volume, "shrunk");
  if (fault !== undefined) return fault;
  if (!(subtract > 0)) return "what is taken from the volume must be more than nothing";
  if (subtract >= sizeOf(volume)) return "what is taken from the volume must be less than the volume";
  return volume.disk?.source?.type === "mount" || volume.disk?.source?.type === "block"
    ? "a volume on a whole disk has the disk's size"
    : undefined;
}

const emptyFault = (value: Resources): string | undefined =>
  isEmptyResources(value) ? "the operation names no resources" : undefined;

const sharedFault = (volume: Resource, done: string): string | undefined =>
  isShared(volume) ? `a shared volume cannot be ${done}` : undefined;

function stacksFault(value: Resources): string | undefined {
  for (const resource of value.others) {
    const fault = reservationsFault(resource);
    if (fault !== undefined) return fault;
    if (resource.revocable && resource.reservations.length > 0)
      return "revocable resources cannot be reserved";
    if (resource.providerId !== undefined) return `there is no resource provider ${resource.providerId}`;
  }
  return undefined;
}

const mixedFault = (value: Resources): string | undefined =>
  new Set(toList(value).map(stackOf)).size > 1
    ? "resources of several reservations cannot be reserved at once"
    : undefined;

const sizeOf = ({ value }: Resource): Milli => (value.kind === "scalar" ? value.amount : asMilli(0));

/** Equal for two that are reserved alike. */
const stackOf = ({ reservations }: Resource): string =>
  identityOf({ ...plainResource("", scalarValue(asMilli(0))), reservations });
