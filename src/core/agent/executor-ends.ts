/**
 * How an executor ends: with its container, whatever it was that ended that, and its tasks with it.
 *
 * Invariant: `endExecutor` is the only place where an executor stops being held. By then every task of it has
 * ended, and the master and whoever listens for it hear of it at once.
 */

import type { ExecutorEnd } from "#model/executor.ts";
import type { ExecutorId, FrameworkId } from "#model/ids.ts";
import type { TaskReason } from "#model/task.ts";
import type { TerminalTaskState } from "#model/task-state.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";
import { describeExit } from "./exit-message.ts";
import { type Exited, endTask, isEnded, limitationOf } from "./exits.ts";
import { keyOfExecutor } from "./keys.ts";
import { keepSandbox } from "./sandboxes.ts";
import { clearTimer } from "./timers.ts";
import type { ExecutorEndCause, HeldExecutor } from "./types.ts";
import { tellNews } from "./updates.ts";

/** What is said of its tasks that have not ended. */
export type TasksEnd = {
  readonly state: TerminalTaskState;
  readonly reason: TaskReason;
  readonly message: string;
};

export function endExecutor(draft: Draft, held: HeldExecutor, end: ExecutorEnd, tasksEnd: TasksEnd): void {
  const key = keyOfExecutor(held);
  for (const task of draft.tasksOf(key)) {
    if (!isEnded(task)) endTask(draft, task, { ...tasksEnd, source: "agent", exit: undefined });
  }
  clearTimer(draft, "executor", key);
  clearTimer(draft, "heartbeat", key);
  const session = draft.lives.get(key)?.session;
  if (session !== undefined) draft.effects.push({ type: "close-executor", session });
  draft.lives.remove(key);
  draft.waiting.remove(key);
  draft.launchSecrets.remove(held.containerId);
  draft.executors.remove(key);
  const { frameworkId, containerId, spec } = held;
  keepSandbox(draft, { frameworkId, executorId: spec.executorId, containerId });
  sayExecutorEnded(draft, frameworkId, spec.executorId, end);
}

/** Said once: if it is lost, or there is no master to hear it, what we report says so too. */
export function sayExecutorEnded(
  draft: Draft,
  frameworkId: FrameworkId,
  executorId: ExecutorId,
  end: ExecutorEnd,
): void {
  // How its tasks ended comes first.
  tellNews(draft);
  if (draft.link?.registered === true) draft.send({ type: "executor-ended", frameworkId, executorId, end });
}

export function executorExited(draft: Draft, held: HeldExecutor, outcome: Exited): void {
  draft.removals.put(outcome.containerId, { sandboxKey: keyOfExecutor(held) });
  draft.container({ type: "remove", containerId: outcome.containerId });
  const { exit } = outcome;
  const how = describeExit(exit);
  const limitation = limitationOf(outcome);
  if (limitation !== undefined) {
    endExecutor(draft, held, { exit, message: limitation.message }, { state: "failed", ...limitation });
    return;
  }
  const message = held.ending === undefined ? how : `${held.ending.reason}. ${how}`;
  endExecutor(draft, held, { exit, message }, tasksEndOf(held, how));
}

export function executorLaunchFailed(
  draft: Draft,
  held: HeldExecutor,
  { reason, message }: Extract<ContainerOutcome, { readonly type: "launch-failed" }>,
): void {
  if (held.phase !== "launching") return;
  endExecutor(draft, held, { exit: undefined, message }, { state: "failed", reason, message });
}

/** Given up before its container was asked for, or gone with it while the agent was away. */
export function executorGone(draft: Draft, held: HeldExecutor, message: string): void {
  endExecutor(draft, held, { exit: undefined, message }, tasksEndOf(held, message));
}

const tasksEndOf = ({ ending }: HeldExecutor, how: string): TasksEnd => {
  if (ending === undefined)
    return { state: "failed", reason: "executor-terminated", message: `Executor terminated. ${how}` };
  const { state, reason } = ends[ending.cause];
  return { state, reason, message: `${ending.reason}. ${how}` };
};

const terminated = { state: "failed", reason: "executor-terminated" } as const;

/** As with Mesos's agent: what was never told of its tasks failed, what had them has taken them with it. */
const ends: Readonly<Record<ExecutorEndCause, Pick<TasksEnd, "state" | "reason">>> = {
  silent: { state: "failed", reason: "executor-registration-timeout" },
  lost: { state: "gone", reason: "executor-reregistration-timeout" },
  idle: terminated,
  rude: terminated,
  request: terminated,
  stop: terminated,
  refused: terminated,
};
