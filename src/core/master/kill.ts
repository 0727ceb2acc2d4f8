/**
 * Kills: asked for by a framework, or decided by the master for a task that nobody wants any more.
 *
 * A request is remembered until the task has ended, and repeated when its agent registers or reports that
 * the task still runs.
 */

import type { AgentId, FrameworkId, TaskId } from "#model/ids.ts";
import type { Task } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { reconcileTask } from "./reconcile.ts";
import { taskKey } from "./records.ts";
import { hasEnded } from "./status.ts";

/** Of an unknown task, or one out of reach, it is a question: the answer is its reconciliation. */
export function killCall(
  draft: Draft,
  frameworkId: FrameworkId,
  call: {
    readonly taskId: TaskId;
    readonly agentId: AgentId | undefined;
    readonly graceMs: number | undefined;
  },
): void {
  const task = draft.task(frameworkId, call.taskId);
  if (task === undefined) return reconcileTask(draft, frameworkId, call);
  if (call.agentId !== undefined && call.agentId !== task.spec.agentId) return;
  if (hasEnded(task)) return;
  requestKill(draft, task, call.graceMs);
  if (task.state === "unreachable") reconcileTask(draft, frameworkId, call);
}

export function requestKill(draft: Draft, task: Task, graceMs: number | undefined): void {
  draft.put("kill-request", taskKey(task.frameworkId, task.spec.taskId), { graceMs });
  repeatKill(draft, task);
}

/** Sends the kill again if one was asked for. */
export function repeatKill(draft: Draft, task: Task): void {
  const request = draft.get("kill-request", taskKey(task.frameworkId, task.spec.taskId));
  if (request === undefined) return;
  const { frameworkId, spec } = task;
  draft.sendTo(spec.agentId, { type: "kill", frameworkId, taskId: spec.taskId, graceMs: request.graceMs });
}
