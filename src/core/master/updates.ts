/**
 * Status updates on their way up, and their acknowledgements on the way down.
 *
 * The agent repeats an update until it is acknowledged, so forwarding is all that is done here: to the
 * framework when it is connected. Resources are free with the terminal update, not with its acknowledgement;
 * the acknowledgement of a terminal update goes to the agent only after the history holds the task.
 */

import type { AgentId, FrameworkId, SessionId, TaskId, UpdateId } from "#model/ids.ts";
import type { AgentMessage } from "#model/protocol/agent-link.ts";
import type { Task, TaskStatus } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { completeTask, putTask, tellStatus, withStatus } from "./status.ts";

type Update = Extract<AgentMessage, { type: "update" }>;

export function agentUpdate(draft: Draft, session: SessionId, agentId: AgentId, update: Update): void {
  const { frameworkId } = update;
  const endsAs = drainedState(draft, agentId, frameworkId);
  const latestState = endsAs(update.latestState);
  const status = withDrain(draft, agentId, update.status, endsAs);
  const task = draft.task(frameworkId, status.taskId);
  if (task === undefined || task.spec.agentId !== agentId) {
    // It ended here before, and the acknowledgement was lost; or nobody wants it.
    if (!isTerminal(latestState))
      draft.send(session, { type: "kill", frameworkId, taskId: status.taskId, graceMs: undefined });
    return acknowledgeToAgent(draft, session, frameworkId, status);
  }
  const state = mayFollow(task.state, latestState) ? latestState : task.state;
  if (!isWanted(draft, frameworkId)) {
    const last = { ...withStatus(task, status), state };
    if (isTerminal(status.state)) completeTask(draft, last);
    else putTask(draft, last);
    return acknowledgeToAgent(draft, session, frameworkId, status);
  }
  if (wasAcknowledged(task, status)) {
    putTask(draft, { ...task, state });
    return acknowledgeToAgent(draft, session, frameworkId, status);
  }
  putTask(draft, { ...withStatus(task, status), state, unackedUpdateId: status.updateId });
  tellStatus(draft, frameworkId, status);
}

/** A task that is killed while its agent is drained says so, whatever else it says; the agent knows of the kill only. */
const withDrain = (
  draft: Draft,
  agentId: AgentId,
  status: TaskStatus,
  endsAs: (state: TaskState) => TaskState,
): TaskStatus =>
  (status.state === "killed" || status.state === "killing") &&
  draft.get("agent", agentId)?.drain !== undefined
    ? { ...status, state: endsAs(status.state), reason: "agent-draining" }
    : status;

/** Where an agent is drained for good, a task that is killed goes with it, for frameworks that can tell. */
export function drainedState(
  draft: Draft,
  agentId: AgentId,
  frameworkId: FrameworkId,
): (state: TaskState) => TaskState {
  const isGoing = draft.get("agent", agentId)?.drain?.markGone === true;
  const isAware = draft.get("framework", frameworkId)?.info.capabilities.includes("partition-aware") === true;
  return (state) => (state === "killed" && isGoing && isAware ? "gone-by-operator" : state);
}

/** One that fits no update in flight, or whose agent is away, is dropped: the agent will repeat the update. */
export function acknowledgeCall(
  draft: Draft,
  frameworkId: FrameworkId,
  call: { readonly agentId: AgentId; readonly taskId: TaskId; readonly updateId: UpdateId },
): void {
  const task = draft.task(frameworkId, call.taskId);
  if (task?.spec.agentId !== call.agentId || task.unackedUpdateId !== call.updateId) return;
  const status = unackedStatus(task);
  const session = draft.sessionOf(call.agentId);
  if (status === undefined || session === undefined) return;
  const acknowledged: Task = { ...task, unackedUpdateId: undefined };
  if (isTerminal(status.state)) completeTask(draft, acknowledged);
  else putTask(draft, acknowledged);
  acknowledgeToAgent(draft, session, frameworkId, status);
}

/** For a framework that comes back: what it has not acknowledged, without waiting for the agents. */
export function repeatUnacknowledged(draft: Draft, frameworkId: FrameworkId): void {
  for (const task of draft.tasksOfFramework(frameworkId)) {
    const status = unackedStatus(task);
    if (status !== undefined) tellStatus(draft, frameworkId, status);
  }
}

const unackedStatus = (task: Task): TaskStatus | undefined =>
  task.unackedUpdateId === undefined
    ? undefined
    : task.statuses.findLast((status) => status.updateId === task.unackedUpdateId);

const wasAcknowledged = (task: Task, status: TaskStatus): boolean =>
  status.updateId !== undefined &&
  task.unackedUpdateId === undefined &&
  task.statuses.some(({ updateId }) => updateId === status.updateId);

export function isWanted(draft: Draft, frameworkId: FrameworkId): boolean {
  const framework = draft.get("framework", frameworkId);
  return framework !== undefined && framework.state !== "completed";
}

function acknowledgeToAgent(
  draft: Draft,
  session: SessionId,
  frameworkId: FrameworkId,
  { taskId, updateId }: TaskStatus,
): void {
  if (updateId !== undefined) draft.send(session, { type: "acknowledge", frameworkId, taskId, updateId });
}
