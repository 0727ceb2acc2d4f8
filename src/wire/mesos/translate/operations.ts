/**
 * Operations on offered resources and what became of them, between Mesos's messages and our own terms.
 *
 * A launch is translated task by task: one that is wrong spoils only itself, and is told apart from the good.
 */

import { type AgentId, operationId, type TaskId } from "#model/ids.ts";
import type {
  ConvertingOperation,
  DiskOperation,
  LaunchOperation,
  OfferOperation,
  OperationState,
  OperationStatus,
} from "#model/operation.ts";
import type { TaskSpec } from "#model/task.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { idMessage, labelList, uuidBytes } from "./basics.ts";
import { diskTypeFromMessage } from "./disk.ts";
import { resourceFromMessage, resourcesFromMessages } from "./resources.ts";
import { type TaskContext, taskFromMessage, taskIdsOf } from "./task-info.ts";
import { type Translated, translated, untranslated } from "./translated.ts";
import { milliOf } from "./values.ts";

type Message = MessageOf<"Offer.Operation">;

/** A task that cannot be launched, and why. */
export type TaskFault = { readonly taskId: TaskId; readonly agentId: AgentId; readonly message: string };

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
    return message.launch === undefined ? nothing : launchFromMessage(message.launch, context);
  if (message.type === "LAUNCH_GROUP")
    return message.launch_group === undefined ? nothing : groupFromMessage(message.launch_group, context);
  const result = conversionFromMessage(message);
  if (result === undefined) return nothing;
  if (!result.ok) return { ...nothing, fault: result.fault };
  const id = message.id?.value;
  const operation = { ...result.value, ...(id === undefined ? {} : { operationId: operationId(id) }) };
  return { ...nothing, operation };
}

function launchFromMessage(
  { task_infos: infos = [] }: MessageOf<"Offer.Operation.Launch">,
  context: TaskContext,
): OperationOutcome {
  const tasks: TaskSpec[] = [];
  const taskFaults: TaskFault[] = [];
  for (const info of infos) {
    const task = taskFromMessage(info, context);
    if (task.ok) tasks.push(task.value);
    else taskFaults.push({ ...taskIdsOf(info), message: task.fault });
  }
  const operation: LaunchOperation | undefined = tasks.length === 0 ? undefined : { kind: "launch", tasks };
  return { operation, taskFaults, fault: undefined };
}

/** All of them or none. */
function groupFromMessage(
  { executor, task_group: group }: MessageOf<"Offer.Operation.LaunchGroup">,
  context: TaskContext,
): OperationOutcome {
  const infos = group.tasks ?? [];
  const refused = (message: string): OperationOutcome => ({
    ...nothing,
    taskFaults: infos.map((info) => ({ ...taskIdsOf(info), message })),
  });
  if (executor.type !== "DEFAULT")
    return refused("A group of tasks is run by the executor of type DEFAULT; others are not supported");
  if (executor.container !== undefined)
    return refused("The container of a group's executor (executor.container) is not supported");
  const resources = resourcesFromMessages(executor.resources ?? []);
  if (!resources.ok) return refused(`Executor uses invalid resources: ${resources.fault}`);
  const tasks: TaskSpec[] = [];
  for (const info of infos) {
    const task = taskFromMessage(info, context);
    if (!task.ok) return refused(task.fault);
    tasks.push(task.value);
  }
  const { executor_id: executorId, labels } = executor;
  const ours = { executorId: executorId.value, resources: resources.value, labels: labelList(labels) };
  return { ...nothing, operation: { kind: "launch-group", executor: ours, tasks } };
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
