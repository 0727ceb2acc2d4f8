/**
 * Executors that frameworks bring, or share among groups of tasks: booked from the first of their tasks until
 * their agent says that they are gone.
 *
 * The truth about them is at the agents. One that the master forgot is taken in, one that nobody wants is
 * asked to end, and the wish that one ends is repeated with every report that still lists it. The master
 * never ends an executor's tasks: what became of them is for the agent to say.
 */

import type { ExecutorEnd } from "#model/executor.ts";
import type { AgentId, ExecutorId, FrameworkId, SessionId } from "#model/ids.ts";
import type { AgentExecutor, AgentMessage } from "#model/protocol/agent-link.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import type { Task } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { requestKill } from "./kill.ts";
import { type ExecutorRow, executorKey } from "./records.ts";
import { hasEnded, wasSeenAtAgent } from "./status.ts";
import { isWanted } from "./updates.ts";

type Named = { readonly frameworkId: FrameworkId; readonly executorId: ExecutorId };

/** Before the tasks: those that the agent has and we do not know. */
export function adoptExecutors(draft: Draft, agentId: AgentId, held: readonly AgentExecutor[]): void {
  for (const { spec, frameworkId, role, launchedAtMs } of held)
    putExecutor(draft, { spec, frameworkId, agentId, role, launchedAtMs, endTold: false });
}

/**
 * After the tasks, for a launch that was just sent again has its executor started again. `seen`: the newest of
 * our messages that the agent had when it said what it holds.
 */
export function settleExecutors(
  draft: Draft,
  session: SessionId,
  agentId: AgentId,
  held: readonly Named[],
  seen: number,
): void {
  const heldKeys = new Set(held.map((each) => executorKey(each.frameworkId, agentId, each.executorId)));
  for (const executor of draft.executorsOfAgent(agentId)) {
    const key = keyOf(executor);
    if (heldKeys.delete(key)) {
      if (executor.endTold) putExecutor(draft, { ...executor, endTold: false });
      if (draft.get("kill-request", key) !== undefined) sendShutdown(draft, agentId, nameOf(executor));
      else if (!isWanted(draft, executor.frameworkId)) requestShutdown(draft, executor);
      continue;
    }
    const run = draft.get("sent-run", key);
    if (run !== undefined && run.session === session && run.number > seen) continue;
    forgetExecutor(draft, executor);
    if (!executor.endTold) tellEnd(draft, executor, { exit: undefined, message: "Its agent has it no more" });
  }
  for (const each of held)
    if (heldKeys.has(executorKey(each.frameworkId, agentId, each.executorId)))
      sendShutdown(draft, agentId, each);
}

/**
 * Kept when tasks are on their way to it: its agent will start it again with them, and the next report tells.
 */
export function executorEnded(
  draft: Draft,
  agentId: AgentId,
  message: Extract<AgentMessage, { type: "executor-ended" }>,
): void {
  const executor = draft.executor(message.frameworkId, agentId, message.executorId);
  if (executor === undefined || executor.endTold) return;
  const isAwaited = tasksOf(draft, executor).some((task) => !hasEnded(task) && !wasSeenAtAgent(task));
  if (isAwaited) {
    draft.delete("kill-request", keyOf(executor));
    putExecutor(draft, { ...executor, endTold: true });
  } else forgetExecutor(draft, executor);
  tellEnd(draft, executor, message.end);
}

/** Word of a task whose executor had ended: it is there again, or was not to be awaited. */
export function executorOfUpdate(draft: Draft, task: Task | undefined): void {
  if (task?.spec.executorId === undefined) return;
  const executor = draft.executor(task.frameworkId, task.spec.agentId, task.spec.executorId);
  if (executor?.endTold !== true) return;
  if (!hasEnded(task)) putExecutor(draft, { ...executor, endTold: false });
  else if (tasksOf(draft, executor).every(hasEnded)) forgetExecutor(draft, executor);
}

/** Asked for once; the agent's reports repeat it. */
export function requestShutdown(draft: Draft, executor: ExecutorRow): void {
  const key = keyOf(executor);
  if (draft.get("kill-request", key) !== undefined) return;
  draft.put("kill-request", key, { graceMs: undefined });
  sendShutdown(draft, executor.agentId, nameOf(executor));
}

/** The built-in executor of a task with a command of its own goes by the task's id. */
export function shutdownCall(
  draft: Draft,
  frameworkId: FrameworkId,
  call: Extract<SchedulerCall, { type: "shutdown" }>,
): void {
  const executor = draft.executor(frameworkId, call.agentId, call.executorId);
  if (executor !== undefined) return requestShutdown(draft, executor);
  for (const task of draft.tasksOfFramework(frameworkId)) {
    const { agentId, executorId, taskId } = task.spec;
    const isIts = executorId === undefined && taskId === (call.executorId as string);
    if (isIts && agentId === call.agentId && !hasEnded(task)) requestKill(draft, task, undefined);
  }
}

/** Down, if its agent is there; whether the executor is, the agent knows. */
export function messageCall(
  draft: Draft,
  frameworkId: FrameworkId,
  { agentId, executorId, data }: Extract<SchedulerCall, { type: "message" }>,
): void {
  draft.sendTo(agentId, { type: "executor-message", frameworkId, executorId, data });
}

/** Up, if its framework is there. */
export function executorMessage(
  draft: Draft,
  agentId: AgentId,
  { frameworkId, executorId, data }: Extract<AgentMessage, { type: "executor-message" }>,
): void {
  draft.tell(frameworkId, { type: "message", agentId, executorId, data });
}

/** All of an agent that is away: their resources are free with its own, and it brings them back. */
export function forgetExecutorsOf(draft: Draft, agentId: AgentId): void {
  for (const executor of draft.executorsOfAgent(agentId)) forgetExecutor(draft, executor);
}

/** Whether every task of it has ended, as far as is known. */
export const isIdle = (draft: Draft, executor: ExecutorRow): boolean =>
  tasksOf(draft, executor).every(hasEnded);

const tasksOf = (draft: Draft, { agentId, frameworkId, spec }: ExecutorRow): Task[] =>
  draft
    .tasksOfAgent(agentId)
    .filter((task) => task.frameworkId === frameworkId && task.spec.executorId === spec.executorId);

export function putExecutor(draft: Draft, executor: ExecutorRow): void {
  draft.put("executor", keyOf(executor), executor);
}

function forgetExecutor(draft: Draft, executor: ExecutorRow): void {
  const key = keyOf(executor);
  for (const kind of ["executor", "sent-run", "kill-request"] as const) draft.delete(kind, key);
}

const keyOf = ({ frameworkId, agentId, spec }: ExecutorRow): string =>
  executorKey(frameworkId, agentId, spec.executorId);

const nameOf = ({ frameworkId, spec }: ExecutorRow): Named => ({ frameworkId, executorId: spec.executorId });

function sendShutdown(draft: Draft, agentId: AgentId, { frameworkId, executorId }: Named): void {
  draft.sendTo(agentId, { type: "shutdown-executor", frameworkId, executorId });
}

function tellEnd(draft: Draft, { frameworkId, agentId, spec }: ExecutorRow, end: ExecutorEnd): void {
  draft.tell(frameworkId, { type: "failure", agentId, executor: { executorId: spec.executorId, end } });
}
