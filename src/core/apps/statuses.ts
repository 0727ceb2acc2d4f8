/**
 * Takes what is reported about tasks: moves instances on, notes how they ended, ends those nobody wants.
 *
 * Every status with an update id is acknowledged in the decision that records it, hence after it is durable.
 */

import { equalValues } from "#base/equal.ts";
import type { TaskId } from "#model/ids.ts";
import { type Instance, isOver } from "#model/instance.ts";
import type { TaskStatus } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import { growDelay, isBlamed, prolongDelay } from "./backoff.ts";
import { noteBerth } from "./berths.ts";
import { passCheck, scheduleChecks, takeCheckResult, takeHealthStatus } from "./checks.ts";
import { isInactive } from "./condition.ts";
import { containerOf, withContainerStatus } from "./container-statuses.ts";
import type { Draft } from "./draft.ts";
import { forgetInstance, killInstance, lookAfterInstance } from "./instances.ts";
import { actionNow, serviceNow } from "./plan.ts";
import { definitionOf, isCurrent } from "./state.ts";
import { leaveVacancy } from "./vacancies.ts";

export function takeStatus(draft: Draft, status: TaskStatus): void {
  const { taskId, agentId, updateId, state } = status;
  const instance = draft.instanceOfTask(taskId);
  if (instance === undefined) {
    if (isTerminal(state) && updateId !== undefined) draft.publish({ type: "unknown-ended", taskId, state });
    // Forgotten, or never ours: it must not go on running. Told again at the next reconciliation.
    if (!isOver(state) && state !== "unreachable") {
      draft.call({ type: "kill", taskId, agentId, graceMs: undefined });
    }
  } else if (instance.containers !== undefined) {
    takeContainerStatus(draft, instance, status);
  } else if (isOver(state)) {
    endInstance(draft, instance, status);
  } else {
    moveInstance(draft, instance, status);
  }
  if (updateId !== undefined && agentId !== undefined) {
    draft.call({ type: "acknowledge", agentId, taskId, updateId });
  }
}

const failureStates: readonly TaskState[] = [
  "failed",
  "error",
  "lost",
  "dropped",
  "gone",
  "gone-by-operator",
  "unknown",
];

function endInstance(draft: Draft, instance: Instance, status: TaskStatus): void {
  noteBerth(draft, instance, status);
  forgetInstance(draft, { ...instance, state: status.state }, status.message);
  leaveVacancy(draft, instance);
  blame(draft, instance, status);
}

/** Notes a failure, and lets the next launch wait. */
function blame(draft: Draft, instance: Instance, status: TaskStatus): void {
  const { appId, version, hostname, agentId, killing, containers, startedAtMs } = instance;
  const app = draft.service(appId);
  // An offer that was gone when it was accepted says nothing about the app.
  if (app === undefined || status.reason === "invalid-offers") return;
  if (failureStates.includes(status.state)) {
    const { taskId, state, message, timestampMs } = status;
    const failure = { appId, taskId, state, message, hostname, agentId, version, timestampMs };
    const ofPod = containers === undefined ? {} : { startedAtMs, containers };
    draft.put({ kind: "task-failure", id: appId, value: { ...failure, ...ofPod } });
  }
  const wanted = serviceNow(draft, appId);
  if (killing !== undefined || !isBlamed(status.state) || wanted === undefined) return;
  if (isCurrent(wanted, instance)) growDelay(draft, wanted);
}

/** A pod's instance is over when all of its containers are; one that ends badly takes the others along. */
function takeContainerStatus(draft: Draft, instance: Instance, status: TaskStatus): void {
  const { taskId, message, state } = status;
  noteBerth(draft, instance, status);
  confirm(draft, taskId);
  const next = withContainerStatus(instance, status, draft.nowMs);
  const container = containerOf(next, taskId);
  if (container !== undefined && container.state !== containerOf(instance, taskId)?.state)
    draft.publish({ type: "container-changed", instance: next, container, message });
  if (next !== instance) {
    const spoils = isOver(state) && state !== "finished" && instance.killing === undefined;
    if (spoils) blame(draft, next, status);
    if (isOver(next.state)) {
      if (next.state === "finished") blame(draft, next, status);
      leaveVacancy(draft, next);
      return forgetInstance(draft, next, message);
    }
    draft.put({ kind: "instance", id: next.taskId, value: next });
    if (next.state !== instance.state) changeState(draft, instance, next, message);
    const left = draft.instance(next.taskId);
    if (spoils && left !== undefined)
      killInstance(draft, left, `its container ${container?.name} ended as ${state}: ${message}`);
  }
  if (draft.instance(next.taskId) === undefined) return;
  if (status.healthy !== undefined && !isOver(state)) takeHealthStatus(draft, next, status);
  // What has done its work is not asked any more.
  if (state === "finished" && next !== instance) passCheck(draft, next, taskId);
}

function moveInstance(draft: Draft, instance: Instance, status: TaskStatus): void {
  noteBerth(draft, instance, status);
  confirm(draft, instance.taskId);
  const next = movedInstance(instance, status, draft.nowMs);
  if (next !== instance) {
    draft.put({ kind: "instance", id: next.taskId, value: next });
    if (next.state !== instance.state) changeState(draft, instance, next, status.message);
  }
  if (status.healthy !== undefined && draft.instance(next.taskId) !== undefined) {
    takeHealthStatus(draft, next, status);
  }
  if (status.checkResult !== undefined && draft.instance(next.taskId) !== undefined) {
    takeCheckResult(draft, next, status.checkResult);
  }
}

function confirm(draft: Draft, taskId: TaskId): void {
  const session = draft.connection?.session;
  if (session === undefined || draft.state.confirmed.get(taskId) === session) return;
  draft.put({ kind: "apps-confirmed", id: taskId, value: session });
  // The master did not know of it yet when it was to be killed: the kill was lost.
  const instance = draft.instanceOfTask(taskId);
  if (instance?.killing !== undefined)
    draft.setTimer({ what: "instance", taskId: instance.taskId }, draft.nowMs);
}

/** The instance as the status tells; the same value when that is nothing new. */
function movedInstance(instance: Instance, status: TaskStatus, nowMs: number): Instance {
  // A late or repeated report must not take it back; what it says about the address still holds.
  const state = mayFollow(instance.state, status.state) ? status.state : instance.state;
  const address = status.address ?? instance.address;
  const networks = status.networks ?? instance.networks;
  const isSamePlace = address === instance.address && equalValues(networks, instance.networks);
  if (state === instance.state && isSamePlace) return instance;
  return {
    ...instance,
    state,
    address,
    ...(networks === undefined ? {} : { networks }),
    startedAtMs: state === "running" ? (instance.startedAtMs ?? nowMs) : instance.startedAtMs,
    unreachableAtMs: state === "unreachable" ? (instance.unreachableAtMs ?? nowMs) : undefined,
  };
}

function changeState(draft: Draft, before: Instance, next: Instance, message: string): void {
  const app = draft.service(next.appId);
  if (app !== undefined && next.state !== "unreachable") prolongDelay(draft, app);
  if (next.state === "unreachable" && next.killing !== undefined) {
    return forgetInstance(draft, next, "its agent became unreachable while it was to end");
  }
  draft.publish({ type: "instance-changed", instance: next, message });
  if (next.state === "running")
    scheduleChecks(draft, next, before.startedAtMs === undefined ? "now" : "spread");
  if (next.killing !== undefined) return;
  if (before.state === "unreachable" && isLeftOver(draft, before)) {
    return killInstance(draft, next, "its app was changed while its agent was unreachable");
  }
  lookAfterInstance(draft, next);
}

/** Others took its place while it was away, and no upgrade that is under way will come to it. */
function isLeftOver(draft: Draft, instance: Instance): boolean {
  const app = draft.service(instance.appId);
  if (app === undefined || isCurrent(app, instance)) return false;
  return (
    isInactive(instance, definitionOf(draft.state, instance), draft.nowMs) &&
    actionNow(draft.deploymentOf(instance.appId), instance.appId) !== "restart"
  );
}
