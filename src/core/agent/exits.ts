/**
 * How a task ends: what its container's exit means, and the one terminal update that says so.
 *
 * Invariant: `endTask` is the only place that makes a task end, and a task that has ended is never touched
 * again but to be forgotten; so a terminal state is announced once and nothing follows it.
 */

import type { TaskExit, TaskReason } from "#model/task.ts";
import type { TerminalTaskState } from "#model/task-state.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import { stopChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { describeExit, describeOutOfMemory } from "./exit-message.ts";
import { clearTaskTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";
import { announce, forget, type News } from "./updates.ts";

type Exited = Extract<ContainerOutcome, { readonly type: "exited" }>;

export type Ending = Omit<News, "healthy" | "state"> & {
  readonly state: TerminalTaskState;
  readonly exit: TaskExit | undefined;
};

export const isEnded = (held: HeldTask): boolean => held.phase === "ended";

export function exited(draft: Draft, held: HeldTask | undefined, outcome: Exited): void {
  if (held === undefined || isEnded(held)) return;
  draft.removals.put(outcome.containerId, { taskId: held.spec.taskId });
  draft.container({ type: "remove", containerId: outcome.containerId });
  endTask(draft, held, explainExit(held, outcome));
}

export function endTask(draft: Draft, held: HeldTask, ending: Ending): void {
  const { taskId } = held.spec;
  const { exit, ...news } = ending;
  clearTaskTimer(draft, "kill", taskId);
  stopChecks(draft, taskId);
  const ended: HeldTask = { ...held, phase: "ended", pid: undefined, exit };
  // The master that refused us wants to hear nothing of these tasks, and would never acknowledge.
  if (draft.lifecycle.refused !== undefined) forget(draft, ended);
  else announce(draft, ended, { ...news, healthy: lastHealth(held) });
}

function explainExit(held: HeldTask, { exit, outOfMemory }: Exited): Ending {
  const succeeded = exit.kind === "code" && exit.code === 0;
  // A command may lose a child to the kernel and succeed all the same: then memory ended nothing.
  const figures = succeeded ? undefined : outOfMemory;
  const message = figures === undefined ? describeExit(exit) : describeOutOfMemory(figures);
  const memory: TaskReason | undefined = figures === undefined ? undefined : "container-limitation-memory";
  // Whatever we were asked to kill is killed, however gracefully it left.
  if (held.killing !== undefined)
    return {
      state: "killed",
      source: "executor",
      reason: held.state === "staging" ? "task-killed-during-launch" : memory,
      message: `${held.killing.reason}. ${message}`,
      exit,
    };
  if (succeeded) return { state: "finished", source: "executor", reason: undefined, message, exit };
  const source = figures === undefined ? "executor" : "agent";
  return { state: "failed", source, reason: memory, message, exit };
}

/** Mesos's command executor: a task killed for its health ends as unhealthy, any other end says nothing. */
const lastHealth = (held: HeldTask): boolean | undefined =>
  held.killing?.cause === "health-check" ? false : undefined;
