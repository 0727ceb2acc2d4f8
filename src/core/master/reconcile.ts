/**
 * Reconciliation: what the master knows of a framework's tasks, told when asked.
 *
 * Semantics: Apache Mesos's, src/master/master.cpp, `reconcile`. Its six cases for one task are: known;
 * on an agent that has yet to come back after our restart (no answer: nobody knows yet); on a registered
 * agent (gone); on an unreachable one; on one marked gone; and none of these (unknown).
 */

import type { AgentId, FrameworkId, TaskId } from "#model/ids.ts";
import type { Task } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { taskKey } from "./records.ts";
import { aboutTask, masterStatus, tellStatus, type Verdict } from "./status.ts";

type Question = { readonly taskId: TaskId; readonly agentId: AgentId | undefined };

export function reconcileCall(draft: Draft, frameworkId: FrameworkId, questions: readonly Question[]): void {
  if (questions.length === 0) {
    for (const task of draft.tasksOfFramework(frameworkId)) tellLatest(draft, task);
    return;
  }
  for (const question of questions) reconcileTask(draft, frameworkId, question);
}

export function reconcileTask(draft: Draft, frameworkId: FrameworkId, question: Question): void {
  const task = draft.task(frameworkId, question.taskId);
  if (task !== undefined) return tellLatest(draft, task);
  // Mesos forgets what has ended and says that it is gone; here it is known for as long as the history goes.
  const ended = draft.get("completed-task", taskKey(frameworkId, question.taskId));
  if (ended !== undefined) return tellLatest(draft, ended.task);
  const verdict = judgeUnknown(draft, question.agentId);
  if (verdict === undefined) return;
  tellStatus(draft, frameworkId, masterStatus(draft, question, { ...verdict, reason: "reconciliation" }));
}

function tellLatest(draft: Draft, task: Task): void {
  const verdict: Verdict = { state: task.state, reason: "reconciliation", message: "Latest task state" };
  const status = masterStatus(draft, aboutTask(task), verdict, task.statuses.at(-1));
  tellStatus(draft, task.frameworkId, status);
}

function judgeUnknown(draft: Draft, agentId: AgentId | undefined): Omit<Verdict, "reason"> | undefined {
  const { recovered } = draft.state;
  if (agentId === undefined)
    return recovered.size > 0 ? undefined : { state: "unknown", message: "Task is unknown" };
  if (recovered.has(agentId)) return undefined;
  if (draft.get("gone-agent", agentId) !== undefined)
    return { state: "gone-by-operator", message: "Task is unknown to an agent that was marked gone" };
  const agent = draft.get("agent", agentId);
  if (agent === undefined) return { state: "unknown", message: "Task and its agent are unknown" };
  if (agent.state === "unreachable")
    return { state: "unreachable", message: "Task is unknown, its agent is unreachable" };
  return { state: "gone", message: "Task is unknown to its agent" };
}
