/**
 * The tasks of a custom executor on their way to it: told when it listens, in the order of their coming, and
 * killed by it.
 *
 * A task that it was not told of can be ended here at once; of any other only its executor knows. What was told
 * may have been lost with a session: when the executor subscribes again it says what it knows.
 */

import type { SessionId } from "#model/ids.ts";
import type { TaskSpec } from "#model/task.ts";
import type { Draft } from "./draft.ts";
import { executorGone } from "./executor-ends.ts";
import { shutdownExecutor } from "./executor-life.ts";
import { endTask, isEnded } from "./exits.ts";
import { executorKey, executorOfTask, keyOfExecutor, keyOfTask } from "./keys.ts";
import type { KillWish } from "./kill.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";

/** All that it was not told of yet; those of a group together. */
export function deliverTasks(draft: Draft, key: string): void {
  const life = draft.lives.get(key);
  if (life?.session === undefined || draft.executors.get(key)?.ending !== undefined) return;
  const tasks = draft.tasksOf(key).filter((held) => isUndelivered(draft, held));
  if (tasks.length === 0) return;
  draft.lives.put(key, { ...life, employed: true });
  for (const { spec } of tasks) {
    const { groupId } = spec;
    if (groupId === undefined) draft.sendExecutor(life.session, { type: "launch", task: spec });
    else if (spec === tasks.find((other) => other.spec.groupId === groupId)?.spec)
      sendGroup(draft, life.session, tasks, groupId);
  }
  for (const held of tasks) draft.undelivered.remove(keyOfTask(held));
}

export const isUndelivered = (draft: Draft, held: HeldTask): boolean =>
  draft.undelivered.get(keyOfTask(held)) !== undefined;

export function killAtExecutor(draft: Draft, held: HeldTask, { cause, graceMs, reason }: KillWish): void {
  if (isEnded(held)) return;
  const key = executorKey(held.frameworkId, executorOfTask(held));
  if (isUndelivered(draft, held)) {
    killUndelivered(draft, key, held);
    return;
  }
  // It goes with its executor.
  if (draft.executors.get(key)?.ending !== undefined) return;
  if (held.killing === undefined) {
    const killing = { sinceMs: draft.nowMs, graceMs: graceMs ?? held.spec.killGraceMs, cause, reason };
    draft.putTask({ ...held, killing, phase: held.phase === "running" ? "killing" : held.phase });
  }
  const session = draft.lives.get(key)?.session;
  if (session !== undefined) draft.sendExecutor(session, { type: "kill", taskId: held.spec.taskId, graceMs });
}

/** To an executor that has subscribed anew, and may not have heard the first time. */
export function repeatKills(draft: Draft, session: SessionId, key: string): void {
  for (const held of draft.tasksOf(key)) {
    if (held.killing === undefined || isEnded(held)) continue;
    draft.sendExecutor(session, {
      type: "kill",
      taskId: held.spec.taskId,
      graceMs: held.killing.graceMs,
    });
  }
}

/** One that was started for tasks which are all over before it could be told of any is not kept waiting. */
export function endIfNeedless(draft: Draft, held: HeldExecutor): void {
  const key = keyOfExecutor(held);
  const life = draft.lives.get(key);
  if (held.hasWorked || life?.employed === true || held.ending !== undefined) return;
  if (!draft.tasksOf(key).every(isEnded)) return;
  if (draft.waiting.get(key) !== undefined) executorGone(draft, held, "It was not started yet");
  else if (life?.subscribed === true)
    shutdownExecutor(draft, held, {
      cause: "idle",
      graceMs: undefined,
      reason: "Ended because all of its tasks were over before it was told of one",
    });
}

function killUndelivered(draft: Draft, key: string, held: HeldTask): void {
  const { groupId } = held.spec;
  const together =
    groupId === undefined
      ? [held]
      : draft.tasksOf(key).filter((other) => other.spec.groupId === groupId && isUndelivered(draft, other));
  const message =
    groupId === undefined
      ? "Killed before delivery to the executor"
      : "A task within the task group was killed before delivery to the executor";
  for (const one of together)
    endTask(draft, one, {
      state: "killed",
      source: "agent",
      reason: "task-killed-during-launch",
      message,
      exit: undefined,
    });
  const executor = draft.executors.get(key);
  if (executor !== undefined) endIfNeedless(draft, executor);
}

function sendGroup(
  draft: Draft,
  session: SessionId,
  tasks: readonly HeldTask[],
  groupId: TaskSpec["groupId"],
): void {
  const group = tasks.filter(({ spec }) => spec.groupId === groupId).map(({ spec }) => spec);
  draft.sendExecutor(session, { type: "launch-group", tasks: group });
}
