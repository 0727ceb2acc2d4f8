/**
 * What an agent holds against what the master thinks it holds: settled at every registration and report.
 *
 * The truth about tasks is at the agents. A launch that never arrived is sent again; a task that was there
 * and is not any more is gone; a task that the master does not know is taken in; one that nobody wants is
 * killed. No message is needed for this to come right, only the next report.
 */

import type { AgentId, SessionId, TaskId } from "#model/ids.ts";
import type { AgentMessage, AgentTask } from "#model/protocol/agent-link.ts";
import type { Task } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { repeatKill, requestKill } from "./kill.ts";
import { taskKey } from "./records.ts";
import { announce, endTask, hasEnded, putTask, wasSeenAtAgent } from "./status.ts";
import { isWanted } from "./updates.ts";

type Report = Extract<AgentMessage, { type: "report" }>;

export function settleRegistered(
  draft: Draft,
  session: SessionId,
  agentId: AgentId,
  held: readonly AgentTask[],
): void {
  const heldIds = new Set(held.map((task) => task.spec.taskId));
  settleAbsent(draft, session, agentId, heldIds, 0);
  for (const reported of held) {
    const task = draft.task(reported.frameworkId, reported.spec.taskId);
    if (task === undefined) adopt(draft, agentId, reported);
    else settlePresent(draft, agentId, task, reported.state);
  }
}

export function settleReport(draft: Draft, session: SessionId, agentId: AgentId, report: Report): void {
  const heldIds = new Set(report.tasks.map((task) => task.taskId));
  settleAbsent(draft, session, agentId, heldIds, report.seen);
  for (const { taskId, state } of report.tasks) {
    const task = draft.taskOn(agentId, taskId);
    if (task !== undefined) settlePresent(draft, agentId, task, state);
    else if (!isTerminal(state)) killStranger(draft, agentId, taskId);
  }
}

/** `seen`: the newest of our messages that the agent had when it said what it holds. */
function settleAbsent(
  draft: Draft,
  session: SessionId,
  agentId: AgentId,
  heldIds: ReadonlySet<TaskId>,
  seen: number,
): void {
  for (const task of draft.tasksOfAgent(agentId)) {
    if (heldIds.has(task.spec.taskId) || hasEnded(task)) continue;
    const key = taskKey(task.frameworkId, task.spec.taskId);
    const run = draft.get("sent-run", key);
    if (run !== undefined && run.session === session && run.number > seen) continue;
    if (wasSeenAtAgent(task))
      endTask(draft, task, {
        state: "gone",
        reason: "reconciliation",
        message: "The task's agent does not know it any more",
      });
    else if (draft.get("kill-request", key) !== undefined)
      endTask(draft, task, {
        state: "killed",
        reason: "task-killed-during-launch",
        message: "Killed before it reached its agent",
      });
    else if (task.state === "staging" && task.statuses.length === 0) sendRun(draft, task);
    else
      endTask(draft, task, {
        state: "dropped",
        reason: "reconciliation",
        message: "The launch did not reach the task's agent before it became unreachable",
      });
  }
}

function settlePresent(draft: Draft, agentId: AgentId, task: Task, reported: TaskState): void {
  if (task.spec.agentId !== agentId) return killStranger(draft, agentId, task.spec.taskId);
  if (hasEnded(task)) {
    // The first terminal state sticks, whatever the agent thinks.
    if (!isTerminal(reported)) killStranger(draft, agentId, task.spec.taskId);
    return;
  }
  if (task.state === "unreachable" && !isTerminal(reported))
    announce(draft, task, {
      state: reported,
      reason: "agent-reregistered",
      message: "The task's agent is reachable again",
    });
  else if (task.state !== reported && mayFollow(task.state, reported))
    putTask(draft, { ...task, state: reported });
  if (!isTerminal(reported)) repeatKill(draft, task);
}

/** A task that the master forgot, or never should have had: it is booked for as long as it runs. */
function adopt(draft: Draft, agentId: AgentId, reported: AgentTask): void {
  const { spec, frameworkId, role, state, launchedAtMs, latest } = reported;
  const ended = draft.get("completed-task", taskKey(frameworkId, spec.taskId)) !== undefined;
  const isStranger = ended || !isWanted(draft, frameworkId);
  if (isStranger && isTerminal(state)) return;
  const task: Task = {
    spec: { ...spec, agentId },
    frameworkId,
    role,
    state,
    statuses: latest === undefined ? [] : [{ ...latest, agentId }],
    unackedUpdateId: undefined,
    launchedAtMs,
  };
  putTask(draft, task);
  if (isStranger) requestKill(draft, task, undefined);
}

function killStranger(draft: Draft, agentId: AgentId, taskId: TaskId): void {
  draft.sendTo(agentId, { type: "kill", taskId, graceMs: undefined });
}

/** Sends the launch, and notes with which number, so that a report can tell whether it arrived. */
export function sendRun(draft: Draft, task: Task): void {
  const { spec, frameworkId, role } = task;
  const session = draft.sessionOf(spec.agentId);
  if (session === undefined) return;
  const number = draft.send(session, { type: "run", frameworkId, role, spec, group: task.group });
  draft.put("sent-run", taskKey(frameworkId, spec.taskId), { session, number });
}
