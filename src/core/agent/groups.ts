/**
 * Tasks that share a life, and the default executor, whose only life is that of its tasks.
 *
 * After every input: when a task of a group has ended other than by finishing, the rest of its group is killed;
 * when the last task of a default executor has ended, so has the executor. (Mesos's default executor is a
 * process that does the same.)
 */

import type { Draft } from "./draft.ts";
import { endExecutor } from "./executor-ends.ts";
import { isEnded } from "./exits.ts";
import { executorKey, keyOfExecutor } from "./keys.ts";
import { requestKill } from "./kill.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";

export function settleGroups(draft: Draft): void {
  // Killing one that was not launched yet ends it at once, so it is looked at in the same round.
  const seen = new Set<string>();
  for (let found = endedNow(draft, seen); found.length > 0; found = endedNow(draft, seen)) {
    for (const held of found) if (held.state !== "finished") killGroup(draft, held);
  }
  for (const held of defaultExecutors(draft)) {
    if (!draft.tasksOf(keyOfExecutor(held)).every(isEnded)) continue;
    const exit = { kind: "code", code: 0 } as const;
    const message = "All of its tasks have ended";
    endExecutor(draft, held, { exit, message }, { state: "failed", reason: "executor-terminated", message });
  }
}

/** For a framework that wants the executor to end: it takes no more tasks, and those that it has are killed. */
export function shutdownDefault(draft: Draft, held: HeldExecutor): void {
  const reason = "Killed because the framework shut its executor down";
  if (held.ending === undefined)
    draft.executors.put(keyOfExecutor(held), {
      ...held,
      ending: { sinceMs: draft.nowMs, graceMs: held.spec.shutdownGraceMs, cause: "request", reason },
    });
  for (const task of draft.tasksOf(keyOfExecutor(held)))
    requestKill(draft, task, { cause: "request", graceMs: undefined, reason });
}

function killGroup(draft: Draft, ended: HeldTask): void {
  const { frameworkId, spec } = ended;
  if (spec.groupId === undefined || spec.executorId === undefined) return;
  for (const held of draft.tasksOf(executorKey(frameworkId, spec.executorId))) {
    if (!isOfSameGroup(held, ended) || isEnded(held)) continue;
    requestKill(draft, held, {
      cause: "group",
      graceMs: undefined,
      reason: `Killed because task ${spec.taskId} of its group ended as ${ended.state}`,
    });
  }
}

/** A group goes by the id of one of its tasks, which may be used again: its tasks came at one moment. */
const isOfSameGroup = (left: HeldTask, right: HeldTask): boolean =>
  left.spec.groupId === right.spec.groupId && left.launchedAtMs === right.launchedAtMs;

/** Those that ended in this decision and were not looked at yet. */
function endedNow(draft: Draft, seen: Set<string>): HeldTask[] {
  const found: HeldTask[] = [];
  for (const [key, held] of draft.tasks.changes) {
    if (held?.runner !== "default" || !isEnded(held) || seen.has(key)) continue;
    seen.add(key);
    const before = draft.state.tasks.get(key);
    if (before === undefined || !isEnded(before)) found.push(held);
  }
  return found;
}

/** Whose tasks have changed in this decision. */
function defaultExecutors(draft: Draft): HeldExecutor[] {
  const keys = new Set<string>();
  for (const [key, changed] of draft.tasks.changes) {
    const held = changed ?? draft.state.tasks.get(key);
    if (held?.runner === "default" && held.spec.executorId !== undefined)
      keys.add(executorKey(held.frameworkId, held.spec.executorId));
  }
  return [...keys]
    .flatMap((key) => draft.executors.get(key) ?? [])
    .filter(({ spec }) => spec.kind === "default");
}
