/**
 * What can be wrong with a task or a group of tasks that is launched, but for the room that it needs.
 */

import { limits } from "#base/limits.ts";
import { utf8Length } from "#base/utf8.ts";
import type { Framework } from "#model/framework.ts";
import type { Offer } from "#model/offer.ts";
import { reservationsFault } from "#model/reservation.ts";
import { formatResources, isEmptyResources, type Resources, scalarNames } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { persistenceIds } from "#model/volume.ts";
import type { Draft } from "./draft.ts";

export function taskFault(
  draft: Draft,
  { frameworkId }: Framework,
  offer: Offer,
  spec: TaskSpec,
): string | undefined {
  const { taskId, agentId, resources } = spec;
  if (taskId.length === 0 || taskId.length > limits.idLengthMax || taskId.includes("/"))
    return `Task id '${taskId}' must have 1 to ${limits.idLengthMax} characters and no slash`;
  if (agentId !== offer.agentId)
    return `Task uses agent ${agentId}, but its offer is of agent ${offer.agentId}`;
  const other = draft.task(frameworkId, taskId);
  if (other?.state === "unreachable") return `Task reuses the ID of an unreachable task: ${taskId}`;
  if (other !== undefined) return `Task has duplicate ID: ${taskId}`;
  if (isEmptyResources(resources)) return "Task uses no resources";
  return resourcesFault("Task", resources) ?? sizeFault(spec);
}

/** Its agent could not keep it, nor we its history: a row that cannot be stored ends the master. */
function sizeFault(spec: TaskSpec): string | undefined {
  return utf8Length(JSON.stringify(spec)) <= limits.heldSpecBytesMax
    ? undefined
    : `The definition of task ${spec.taskId} is larger than the ${limits.heldSpecBytesMax} bytes that an agent keeps: ` +
        "make its environment, labels and data smaller";
}

export function groupFault(specs: readonly TaskSpec[]): string | undefined {
  if (specs.length === 0) return "A group of tasks is empty";
  const ids = specs.map(({ taskId }) => taskId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  return twice === undefined ? undefined : `Task has duplicate ID: ${twice}`;
}

/** `who`: for the sentence. */
export function resourcesFault(who: string, resources: Resources): string | undefined {
  if (!scalarNames.every((name) => Number.isInteger(resources[name]) && resources[name] >= 0))
    return `${who} uses invalid resources: ${formatResources(resources)}`;
  const { others } = resources;
  const revocable = others.find(
    (each) => each.revocable && (isPlainUsed(resources, each.name) || others.some(isFirm(each.name))),
  );
  if (revocable !== undefined) return `${who} uses both revocable and non-revocable ${revocable.name}`;
  const ids = persistenceIds(others);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `${who} uses the volume '${twice}' twice`;
  for (const resource of others) {
    const fault = reservationsFault(resource);
    if (fault !== undefined) return `${who} uses invalid resources: ${fault}`;
  }
  return undefined;
}

const isFirm =
  (name: string) =>
  (resource: { readonly name: string; readonly revocable: boolean }): boolean =>
    resource.name === name && !resource.revocable;

const isPlainUsed = (resources: Resources, name: string): boolean =>
  scalarNames.some((each) => each === name && resources[each] > 0);
