/**
 * What is said about tasks: statuses that the master makes itself, and how any status reaches a framework.
 *
 * A status made here has no `updateId`: nobody repeats it and nobody acknowledges it.
 */

import { limits } from "#base/limits.ts";
import type { AgentId, FrameworkId, TaskId } from "#model/ids.ts";
import { withoutSecretValues } from "#model/secret-values.ts";
import type { Task, TaskReason, TaskStatus } from "#model/task.ts";
import { isTerminal, type TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { taskKey } from "./records.ts";

export type Verdict = {
  readonly state: TaskState;
  readonly reason: TaskReason | undefined;
  readonly message: string;
};

/** A status from the master about a task that it may or may not know. */
export function masterStatus(
  draft: Draft,
  about: { readonly taskId: TaskId; readonly agentId: AgentId | undefined },
  verdict: Verdict,
  last?: TaskStatus,
): TaskStatus {
  return {
    taskId: about.taskId,
    agentId: about.agentId,
    ...verdict,
    source: "master",
    timestampMs: draft.nowMs,
    healthy: last?.healthy,
    updateId: undefined,
    containerId: last?.containerId,
    address: last?.address,
    exit: last?.exit,
    ...(last?.checkResult === undefined ? {} : { checkResult: last.checkResult }),
    ...(last?.checkStatus === undefined ? {} : { checkStatus: last.checkStatus }),
  };
}

/** Frameworks that are not partition-aware know only one word for every kind of absence. */
export function tellStatus(draft: Draft, frameworkId: FrameworkId, status: TaskStatus): void {
  const framework = draft.get("framework", frameworkId);
  if (framework === undefined) return;
  const isAware = framework.info.capabilities.includes("partition-aware");
  const state = isAware ? status.state : stateForUnaware(status.state);
  draft.tell(frameworkId, { type: "update", status: { ...status, state } });
}

/**
 * A repetition of the last state replaces it; the oldest go when there are too many. What an executor said
 * beside a status is kept only while that waits for its acknowledgement.
 */
export function withStatus(task: Task, status: TaskStatus): Task {
  const { statuses, unackedUpdateId } = task;
  const kept = statuses.at(-1)?.state === status.state ? statuses.slice(0, -1) : statuses;
  const bare = kept.map((each) => (each.updateId === unackedUpdateId ? each : withoutData(each)));
  return { ...task, statuses: [...bare, status].slice(-limits.statusesPerTaskMax) };
}

const withoutData = (status: TaskStatus): TaskStatus =>
  status.data === undefined ? status : { ...status, data: undefined };

export function putTask(draft: Draft, task: Task): void {
  const key = taskKey(task.frameworkId, task.spec.taskId);
  draft.put("task", key, task);
  if (task.state === "unreachable") draft.put("unreachable-task", key, asPast(task));
  else draft.delete("unreachable-task", key);
}

/** After a start: tasks on unreachable agents, which nobody else will name before their agents are back. */
export function recallUnreachable(draft: Draft): void {
  const { tables } = draft.state;
  for (const [key, task] of tables["unreachable-task"]) {
    const isThere = draft.get("agent", task.spec.agentId)?.state === "unreachable";
    const framework = draft.get("framework", task.frameworkId);
    if (isThere && framework !== undefined && framework.state !== "completed") draft.put("task", key, task);
    else draft.delete("unreachable-task", key);
  }
}

/** The master's own word on a task that goes on: kept with the task, and told. */
export function announce(draft: Draft, task: Task, verdict: Verdict): void {
  const status = masterStatus(draft, aboutTask(task), verdict, task.statuses.at(-1));
  putTask(draft, { ...withStatus(task, status), state: verdict.state });
  tellStatus(draft, task.frameworkId, status);
}

/** The master's own word that a task is over: it goes to the history at once. */
export function endTask(draft: Draft, task: Task, verdict: Verdict): void {
  const status = masterStatus(draft, aboutTask(task), verdict, task.statuses.at(-1));
  completeTask(draft, { ...withStatus(task, status), state: verdict.state });
  tellStatus(draft, task.frameworkId, status);
}

/** From the tasks to the history; its record is durable before anything that this decision sends. */
export function completeTask(draft: Draft, task: Task): void {
  const key = taskKey(task.frameworkId, task.spec.taskId);
  draft.put("completed-task", key, { task: asPast(task), endedAtMs: draft.nowMs });
  forgetTask(draft, key);
}

/** Nobody is handed it any more, nor pulls for it; and its row is stored, whatever was said of it. */
function asPast(task: Task): Task {
  const { handed: _handed, ...rest } = task.spec;
  const { progress: _progress, ...past } = task;
  const spec = withoutSecretValues(rest);
  const statuses = task.statuses.map(withoutData);
  // Three bytes a character at most.
  const isLong = JSON.stringify(statuses).length * 3 > limits.completedStatusesBytesMax;
  return {
    ...past,
    spec,
    statuses: isLong
      ? statuses.slice(-4).map((status) => ({ ...status, labels: undefined, checkStatus: undefined }))
      : statuses,
  };
}

export function forgetTask(draft: Draft, key: string): void {
  draft.delete("task", key);
  draft.delete("unreachable-task", key);
  draft.delete("sent-run", key);
  draft.delete("kill-request", key);
}

export const aboutTask = (task: Task): { readonly taskId: TaskId; readonly agentId: AgentId } => ({
  taskId: task.spec.taskId,
  agentId: task.spec.agentId,
});

/** Whether an agent ever said anything about the task. */
export const wasSeenAtAgent = (task: Task): boolean =>
  task.statuses.some((status) => status.source !== "master") ||
  (task.state !== "staging" && task.state !== "unreachable");

function stateForUnaware(state: TaskState): TaskState {
  switch (state) {
    case "dropped":
    case "unreachable":
    case "gone":
    case "gone-by-operator":
    case "unknown":
      return "lost";
    default:
      return state;
  }
}

export const hasEnded = (task: Task): boolean => isTerminal(task.state);
