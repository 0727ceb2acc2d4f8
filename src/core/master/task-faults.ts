/**
 * What can be wrong with a task or a group of tasks that is launched, but for the room that it needs.
 */

import { limits } from "#base/limits.ts";
import type { Framework } from "#model/framework.ts";
import type { Offer } from "#model/offer.ts";
import { reservationsFault } from "#model/reservation.ts";
import { formatResources, isEmptyResources, type Resources, scalarNames } from "#model/resources.ts";
import type { GroupExecutor, TaskSpec } from "#model/task.ts";
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
  if (draft.task(frameworkId, taskId) !== undefined) return `Task has duplicate id ${taskId}`;
  if (draft.taskOn(agentId, taskId) !== undefined)
    return `A task of another framework has the id ${taskId} on the same agent; give it another`;
  return resourcesFault(resources);
}

export function groupFault(executor: GroupExecutor, specs: readonly TaskSpec[]): string | undefined {
  if (specs.length === 0) return "A group of tasks is empty";
  const ids = specs.map(({ taskId }) => taskId);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `Task has duplicate id ${twice}`;
  if (executor.executorId === "" || executor.executorId.length > limits.idLengthMax)
    return `The executor of a group needs an id of 1 to ${limits.idLengthMax} characters`;
  return undefined;
}

function resourcesFault(resources: Resources): string | undefined {
  if (isEmptyResources(resources)) return "Task uses no resources";
  if (!scalarNames.every((name) => Number.isInteger(resources[name]) && resources[name] >= 0))
    return `Task uses invalid resources: ${formatResources(resources)}`;
  const { others } = resources;
  const revocable = others.find(
    (each) => each.revocable && (isPlainUsed(resources, each.name) || others.some(isFirm(each.name))),
  );
  if (revocable !== undefined) return `Task uses both revocable and non-revocable ${revocable.name}`;
  const ids = persistenceIds(others);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `Task uses the volume '${twice}' twice`;
  for (const resource of others) {
    const fault = reservationsFault(resource);
    if (fault !== undefined) return `Task uses invalid resources: ${fault}`;
  }
  return undefined;
}

const isFirm =
  (name: string) =>
  (resource: { readonly name: string; readonly revocable: boolean }): boolean =>
    resource.name === name && !resource.revocable;

const isPlainUsed = (resources: Resources, name: string): boolean =>
  scalarNames.some((each) => each === name && resources[each] > 0);
