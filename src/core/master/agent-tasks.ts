/**
 * What an agent holds against what the master thinks it holds: settled at every registration and report.
 *
 * The truth about tasks is at the agents. A launch that never arrived is sent again, a group whole; a task that was there
 * and is not any more is gone; a task that the master does not know is taken in; one that nobody wants is
 * killed. No message is needed for this to come right, only the next report.
 */

import type { AgentId, FrameworkId, SessionId, TaskId } from "#model/ids.ts";
import type { AgentMessage, AgentTask, RunExecutor } from "#model/protocol/agent-link.ts";
import type { Task } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { repeatKill, requestKill } from "./kill.ts";
import { executorKey, taskKey } from "./records.ts";
import { announce, endTask, hasEnded, putTask, wasSeenAtAgent } from "./status.ts";
import { drainedState, isWanted } from "./updates.ts";

type Report = Extract<AgentMessage, { type: "report" }>;

export function settleRegistered(
  draft: Draft,
  session: SessionId,
  agentId: AgentId,
  held: readonly AgentTask[],
): void {
  const heldKeys = new Set(held.map((task) => taskKey(task.frameworkId, task.spec.taskId)));
  settleAbsent(draft, session, agentId, heldKeys, 0);
  for (const reported of held) {
    const task = draft.task(reported.frameworkId, reported.spec.taskId);
    // As its update, which comes yet, will say it.
    const state = drainedState(draft, agentId, reported.frameworkId)(reported.state);
    if (task === undefined) adopt(draft, agentId, { ...reported, state });
    else settlePresent(draft, agentId, inFull(task, reported), state);
  }
}

/** What is kept of a task on an unreachable agent is not all that its agent knows of it. */
const inFull = (task: Task, { spec }: AgentTask): Task =>
  task.state === "unreachable" ? { ...task, spec: { ...spec, agentId: task.spec.agentId } } : task;

export function settleReport(draft: Draft, session: SessionId, agentId: AgentId, report: Report): void {
  const heldKeys = new Set(report.tasks.map((task) => taskKey(task.frameworkId, task.taskId)));
  settleAbsent(draft, session, agentId, heldKeys, report.seen);
  for (const { frameworkId, taskId, state, progress } of report.tasks) {
    const task = draft.task(frameworkId, taskId);
    const endsAs = drainedState(draft, agentId, frameworkId);
    if (task !== undefined) settlePresent(draft, agentId, withProgress(draft, task, progress), endsAs(state));
    else if (!isTerminal(state)) killStranger(draft, agentId, { frameworkId, taskId });
  }
}

function withProgress(draft: Draft, task: Task, progress: string | undefined): Task {
  if (task.progress === progress || (progress !== undefined && hasEnded(task))) return task;
  const now = { ...task, progress };
  putTask(draft, now);
  return now;
}

/** `seen`: the newest of our messages that the agent had when it said what it holds. */
function settleAbsent(
  draft: Draft,
  session: SessionId,
  agentId: AgentId,
  heldKeys: ReadonlySet<string>,
  seen: number,
): void {
  const lost: Task[] = [];
  for (const task of draft.tasksOfAgent(agentId)) {
    const key = taskKey(task.frameworkId, task.spec.taskId);
    if (heldKeys.has(key) || hasEnded(task)) continue;
    const run = draft.get("sent-run", key);
    if (run !== undefined && run.session === session && run.number > seen) continue;
    if (wasSeenAtAgent(task))
      endTask(draft, task, {
        state: "gone",
        reason: "reconciliation",
        message: "The task's agent does not know it any more",
      });
    else if (isToBeKilled(draft, task) || (task.state === "staging" && task.statuses.length === 0))
      lost.push(task);
    else
      endTask(draft, task, {
        state: "dropped",
        reason: "reconciliation",
        message: "The launch did not reach the task's agent before it became unreachable",
      });
  }
  sendAgain(draft, lost);
}

/** Those of a group together; one of them that is to be killed takes the group with it. */
function sendAgain(draft: Draft, lost: readonly Task[]): void {
  for (const tasks of Map.groupBy(lost, groupKey).values()) {
    if (!tasks.some((task) => isToBeKilled(draft, task))) sendRun(draft, tasks);
    else
      for (const task of tasks)
        endTask(draft, task, {
          state: "killed",
          reason: "task-killed-during-launch",
          message: "Killed before it reached its agent",
        });
  }
}

const groupKey = ({ frameworkId, spec }: Task): string => taskKey(frameworkId, spec.groupId ?? spec.taskId);

const isToBeKilled = (draft: Draft, { frameworkId, spec }: Task): boolean =>
  draft.get("kill-request", taskKey(frameworkId, spec.taskId)) !== undefined;

function settlePresent(draft: Draft, agentId: AgentId, task: Task, reported: TaskState): void {
  if (task.spec.agentId !== agentId) return killStranger(draft, agentId, nameOf(task));
  if (hasEnded(task)) {
    // The first terminal state sticks, whatever the agent thinks.
    if (!isTerminal(reported)) killStranger(draft, agentId, nameOf(task));
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

type Named = { readonly frameworkId: FrameworkId; readonly taskId: TaskId };

const nameOf = ({ frameworkId, spec }: Task): Named => ({ frameworkId, taskId: spec.taskId });

function killStranger(draft: Draft, agentId: AgentId, { frameworkId, taskId }: Named): void {
  draft.sendTo(agentId, { type: "kill", frameworkId, taskId, graceMs: undefined });
}

/** Sends the launch, and notes with which number, so that a report can tell whether it arrived. */
export function sendRun(draft: Draft, tasks: readonly Task[]): void {
  const [first] = tasks;
  const session = first && draft.sessionOf(first.spec.agentId);
  if (first === undefined || session === undefined) return;
  const { frameworkId, role, spec } = first;
  const executor = executorOf(draft, first);
  const specs = tasks.map((task) => task.spec);
  const number = draft.send(session, { type: "run", frameworkId, role, tasks: specs, executor });
  const keys = specs.map(({ taskId }) => taskKey(frameworkId, taskId));
  if (executor !== undefined) keys.push(executorKey(frameworkId, spec.agentId, executor.spec.executorId));
  for (const key of keys) draft.put("sent-run", key, { session, number });
}

function executorOf(draft: Draft, { frameworkId, spec }: Task): RunExecutor | undefined {
  if (spec.executorId === undefined) return undefined;
  const executor = draft.executor(frameworkId, spec.agentId, spec.executorId);
  const framework = draft.get("framework", frameworkId)?.info;
  return executor === undefined || framework === undefined
    ? undefined
    : { spec: executor.spec, role: executor.role, framework };
}
