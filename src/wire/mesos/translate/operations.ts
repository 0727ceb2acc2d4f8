/**
 * Operations on offered resources and what became of them, between Mesos's messages and our own terms.
 *
 * Those on reservations and volumes are here; launches are in `launches.ts`.
 */

import { operationId } from "#model/ids.ts";
import type {
  ConvertingOperation,
  DiskOperation,
  OfferOperation,
  OperationState,
  OperationStatus,
} from "#model/operation.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { idMessage, uuidBytes } from "./basics.ts";
import { diskTypeFromMessage } from "./disk.ts";
import { groupFromMessage, launchFromMessage, type TaskFault } from "./launches.ts";
import { resourceFromMessage, resourcesFromMessages } from "./resources.ts";
import type { TaskContext } from "./task-context.ts";
import { type Translated, translated, untranslated } from "./translated.ts";
import { milliOf } from "./values.ts";

type Message = MessageOf<"Offer.Operation">;

export type OperationOutcome = {
  /** Absent: there is nothing to do. */
  readonly operation: OfferOperation | undefined;
  readonly taskFaults: readonly TaskFault[];
  /** Why there is no operation. */
  readonly fault: string | undefined;
};

const nothing: OperationOutcome = { operation: undefined, taskFaults: [], fault: undefined };

/** One without a type, or without what its type needs, is nothing. */
export function operationFromMessage(message: Message, context: TaskContext): OperationOutcome {
  if (message.type === "LAUNCH")
    return message.launch === undefined
      ? nothing
      : { ...nothing, ...launchFromMessage(message.launch, context) };
  if (message.type === "LAUNCH_GROUP")
    return message.launch_group === undefined
      ? nothing
      : { ...nothing, ...groupFromMessage(message.launch_group, context) };
  const result = conversionFromMessage(message);
  if (result === undefined) return nothing;
  if (!result.ok) return { ...nothing, fault: result.fault };
  const id = message.id?.value;
  const operation = { ...result.value, ...(id === undefined ? {} : { operationId: operationId(id) }) };
  return { ...nothing, operation };
}

/** Undefined: nothing to do. */
export function conversionFromMessage(
  message: Message,
): Translated<ConvertingOperation | DiskOperation> | undefined {
  switch (message.type) {
    case "RESERVE":
      return message.reserve === undefined ? undefined : reserveFromMessage(message.reserve);
    case "UNRESERVE":
      return fromResources(message.unreserve?.resources, (resources) => ({ kind: "unreserve", resources }));
    case "CREATE":
      return fromResources(message.create?.volumes, (volumes) => ({ kind: "create", volumes }));
    case "DESTROY":
      return fromResources(message.destroy?.volumes, (volumes) => ({ kind: "destroy", volumes }));
    case "GROW_VOLUME":
      return message.grow_volume === undefined ? undefined : growFromMessage(message.grow_volume);
    case "SHRINK_VOLUME":
      return message.shrink_volume === undefined ? undefined : shrinkFromMessage(message.shrink_volume);
    case "CREATE_DISK":
      return message.create_disk === undefined ? undefined : createDiskFromMessage(message.create_disk);
    case "DESTROY_DISK":
      return message.destroy_disk === undefined ? undefined : destroyDiskFromMessage(message.destroy_disk);
    case "LAUNCH":
    case "LAUNCH_GROUP":
    case "UNKNOWN":
    case undefined:
      return undefined;
    default:
      return message.type satisfies never;
  }
}

type Messages = readonly MessageOf<"Resource">[];

function fromResources<Operation extends ConvertingOperation>(
  messages: Messages | undefined,
  make: (resources: Extract<ConvertingOperation, { kind: "unreserve" }>["resources"]) => Operation,
): Translated<Operation> | undefined {
  if (messages === undefined) return undefined;
  const resources = resourcesFromMessages(messages);
  return resources.ok ? translated(make(resources.value)) : resources;
}

function reserveFromMessage(message: MessageOf<"Offer.Operation.Reserve">): Translated<ConvertingOperation> {
  const resources = resourcesFromMessages(message.resources ?? []);
  if (!resources.ok) return resources;
  const source = resourcesFromMessages(message.source ?? []);
  if (!source.ok) return source;
  const hasSource = (message.source ?? []).length > 0;
  return translated({
    kind: "reserve",
    resources: resources.value,
    ...(hasSource ? { source: source.value } : {}),
  });
}

function growFromMessage(message: MessageOf<"Offer.Operation.GrowVolume">): Translated<ConvertingOperation> {
  const volume = resourceFromMessage(message.volume);
  if (!volume.ok) return volume;
  const addition = resourceFromMessage(message.addition);
  if (!addition.ok) return addition;
  return translated({ kind: "grow-volume", volume: volume.value, addition: addition.value });
}

function shrinkFromMessage(
  message: MessageOf<"Offer.Operation.ShrinkVolume">,
): Translated<ConvertingOperation> {
  const volume = resourceFromMessage(message.volume);
  if (!volume.ok) return volume;
  const subtract = milliOf(message.subtract.value);
  if (subtract === undefined)
    return untranslated(`'${message.subtract.value}' cannot be taken from a volume`);
  return translated({ kind: "shrink-volume", volume: volume.value, subtract });
}

function createDiskFromMessage(message: MessageOf<"Offer.Operation.CreateDisk">): Translated<DiskOperation> {
  const source = resourceFromMessage(message.source);
  if (!source.ok) return source;
  const targetType = diskTypeFromMessage(message.target_type);
  if (targetType !== "mount" && targetType !== "block")
    return untranslated("'target_type' is neither MOUNT nor BLOCK");
  return translated({
    kind: "create-disk",
    source: source.value,
    targetType,
    targetProfile: message.target_profile,
  });
}

function destroyDiskFromMessage(
  message: MessageOf<"Offer.Operation.DestroyDisk">,
): Translated<DiskOperation> {
  const source = resourceFromMessage(message.source);
  return source.ok ? translated({ kind: "destroy-disk", source: source.value }) : source;
}

export const operationStateMessages: Readonly<Record<OperationState, EnumOf<"OperationState">>> = {
  pending: "OPERATION_PENDING",
  finished: "OPERATION_FINISHED",
  failed: "OPERATION_FAILED",
  error: "OPERATION_ERROR",
  dropped: "OPERATION_DROPPED",
  unreachable: "OPERATION_UNREACHABLE",
  "gone-by-operator": "OPERATION_GONE_BY_OPERATOR",
  recovering: "OPERATION_RECOVERING",
  unknown: "OPERATION_UNKNOWN",
};

/** What was converted is told only of resource providers, of which there are none. */
export function operationStatusMessage(status: OperationStatus): MessageOf<"OperationStatus"> {
  const { operationId: id, agentId, updateId } = status;
  const uuid = updateId === undefined ? undefined : uuidBytes(updateId);
  return {
    operation_id: id === undefined ? undefined : idMessage(id),
    state: operationStateMessages[status.state],
    message: status.message === "" ? undefined : status.message,
    uuid: uuid === undefined ? undefined : { value: uuid },
    agent_id: agentId === undefined ? undefined : idMessage(agentId),
  };
}
