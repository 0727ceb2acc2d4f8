/**
 * What a status of one of a pod's tasks makes of its container, and so of the instance.
 *
 * Only arithmetic on what is known: what follows for the pod is decided by `statuses.ts`.
 */

import { equalValues } from "#base/equal.ts";
import { type Instance, type InstanceContainer, isOver, stateOfAll } from "#model/instance.ts";
import type { TaskStatus } from "#model/task.ts";
import { mayFollow } from "#model/task-state.ts";

export const containerOf = (
  { containers }: Instance,
  taskId: TaskStatus["taskId"],
): InstanceContainer | undefined => containers?.find((container) => container.taskId === taskId);

/** The instance as the status tells; the same value when that is nothing new. */
export function withContainerStatus(instance: Instance, status: TaskStatus, nowMs: number): Instance {
  const before = containerOf(instance, status.taskId);
  if (before === undefined || instance.containers === undefined) return instance;
  const after = movedContainer(before, status, nowMs);
  const address = status.address ?? instance.address;
  const networks = status.networks ?? instance.networks;
  if (after === before && address === instance.address && equalValues(networks, instance.networks))
    return instance;
  const containers = instance.containers.map((container) => (container === before ? after : container));
  const state = stateOfAll(containers);
  return {
    ...instance,
    containers,
    state,
    address,
    ...(networks === undefined ? {} : { networks }),
    startedAtMs: state === "running" ? (instance.startedAtMs ?? nowMs) : instance.startedAtMs,
    unreachableAtMs: state === "unreachable" ? (instance.unreachableAtMs ?? nowMs) : undefined,
  };
}

function movedContainer(before: InstanceContainer, status: TaskStatus, nowMs: number): InstanceContainer {
  const moved = inNewState(before, status, nowMs);
  const { checkResult } = status;
  if (checkResult === undefined || equalValues(checkResult, moved.checkResult)) return moved;
  return { ...moved, checkResult };
}

/** A late or repeated report does not take it back. */
function inNewState(before: InstanceContainer, status: TaskStatus, nowMs: number): InstanceContainer {
  const { state, exit, message } = status;
  if (state === before.state || !mayFollow(before.state, state)) {
    // What the master has never heard of may have been in any state.
    if (state !== "unknown" || isOver(before.state)) return before;
  }
  const exitCode = exit?.kind === "code" ? exit.code : undefined;
  return {
    ...before,
    state,
    sinceMs: nowMs,
    startedAtMs: state === "running" ? (before.startedAtMs ?? nowMs) : before.startedAtMs,
    ...(isOver(state) ? { end: { exitCode, message } } : {}),
  };
}
