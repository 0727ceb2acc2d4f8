/**
 * Takes what is reported about tasks: moves instances on, notes how they ended, ends those nobody wants.
 *
 * Every status with an update id is acknowledged in the decision that records it, hence after it is durable.
 */

import type { Instance } from "#model/instance.ts";
import type { TaskStatus } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import { growDelay, isBlamed, prolongDelay } from "./backoff.ts";
import { scheduleChecks, takeHealthStatus } from "./checks.ts";
import { isInactive } from "./condition.ts";
import type { Draft } from "./draft.ts";
import { forgetInstance, killInstance, lookAfterInstance } from "./instances.ts";
import { actionNow } from "./plan.ts";
import { definitionOf, isCurrent } from "./state.ts";

export function takeStatus(draft: Draft, status: TaskStatus): void {
  const { taskId, agentId, updateId, state } = status;
  const instance = draft.instance(taskId);
  if (instance === undefined) {
    // Forgotten, or never ours: it must not go on running. Told again at the next reconciliation.
    if (!isOver(state) && state !== "unreachable") {
      draft.call({ type: "kill", taskId, agentId, graceMs: undefined });
    }
  } else if (isOver(state)) {
    endInstance(draft, instance, status);
  } else {
    moveInstance(draft, instance, status);
  }
  if (updateId !== undefined && agentId !== undefined) {
    draft.call({ type: "acknowledge", agentId, taskId, updateId });
  }
}

/** `unknown`: the master never heard of it, or no longer does; nothing will come of it. */
const isOver = (state: TaskState): boolean => isTerminal(state) || state === "unknown";

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
  const { appId, taskId, version, hostname, agentId, killing } = instance;
  const app = draft.app(appId);
  forgetInstance(draft, { ...instance, state: status.state }, status.message);
  // An offer that was gone when it was accepted says nothing about the app.
  if (app === undefined || status.reason === "invalid-offers") return;
  if (failureStates.includes(status.state)) {
    const { state, message, timestampMs } = status;
    const failure = { appId, taskId, state, message, hostname, agentId, version, timestampMs };
    draft.put({ kind: "task-failure", id: appId, value: failure });
  }
  if (killing === undefined && isBlamed(status.state) && isCurrent(app, instance)) growDelay(draft, app);
}

function moveInstance(draft: Draft, instance: Instance, status: TaskStatus): void {
  confirm(draft, instance);
  const next = movedInstance(instance, status, draft.nowMs);
  if (next !== instance) {
    draft.put({ kind: "instance", id: next.taskId, value: next });
    if (next.state !== instance.state) changeState(draft, instance, next, status.message);
  }
  if (status.healthy !== undefined && draft.instance(next.taskId) !== undefined) {
    takeHealthStatus(draft, next, status);
  }
}

function confirm(draft: Draft, { taskId }: Instance): void {
  const session = draft.connection?.session;
  if (session === undefined || draft.state.confirmed.get(taskId) === session) return;
  draft.put({ kind: "apps-confirmed", id: taskId, value: session });
}

/** The instance as the status tells; the same value when that is nothing new. */
function movedInstance(instance: Instance, status: TaskStatus, nowMs: number): Instance {
  // A late or repeated report must not take it back; what it says about the address still holds.
  const state = mayFollow(instance.state, status.state) ? status.state : instance.state;
  const address = status.address ?? instance.address;
  if (state === instance.state && address === instance.address) return instance;
  return {
    ...instance,
    state,
    address,
    startedAtMs: state === "running" ? (instance.startedAtMs ?? nowMs) : instance.startedAtMs,
    unreachableAtMs: state === "unreachable" ? (instance.unreachableAtMs ?? nowMs) : undefined,
  };
}

function changeState(draft: Draft, before: Instance, next: Instance, message: string): void {
  const app = draft.app(next.appId);
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
  const app = draft.app(instance.appId);
  if (app === undefined || isCurrent(app, instance)) return false;
  return (
    isInactive(instance, definitionOf(draft.state, instance), draft.nowMs) &&
    actionNow(draft.deploymentOf(instance.appId), instance.appId) !== "restart"
  );
}
