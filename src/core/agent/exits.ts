/**
 * How a task ends: what its container's exit means, and the one terminal update that says so.
 *
 * Invariant: a task ends by `endTask` or by its executor's own word through `closeTask`, and nowhere else; one
 * that has ended is never touched again but to be forgotten. So a terminal state is announced once and nothing
 * follows it.
 */

import { milli } from "#model/resources.ts";
import type { ExceededLimit, TaskExit, TaskReason } from "#model/task.ts";
import type { TerminalTaskState } from "#model/task-state.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import { stopChecks } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { describeExit, describeOutOfMemory } from "./exit-message.ts";
import { keyOfTask, sandboxOfTask } from "./keys.ts";
import { hasOwnSandbox } from "./sandboxes.ts";
import { clearTimer } from "./timers.ts";
import type { HeldTask } from "./types.ts";
import { announce, forget, type News } from "./updates.ts";

export type Exited = Extract<ContainerOutcome, { readonly type: "exited" }>;

export type Ending = Omit<News, "healthy" | "state"> & {
  readonly state: TerminalTaskState;
  readonly exit: TaskExit | undefined;
};

export const isEnded = (held: HeldTask): boolean => held.phase === "ended";

export function exited(draft: Draft, held: HeldTask, outcome: Exited): void {
  if (isEnded(held)) return;
  draft.removals.put(outcome.containerId, { sandboxKey: sandboxOfTask(held) });
  draft.container({ type: "remove", containerId: outcome.containerId });
  endTask(draft, held, explainExit(held, outcome));
}

export function endTask(draft: Draft, held: HeldTask, ending: Ending): void {
  const { exit, ...news } = ending;
  closeTask(draft, { ...held, exit }, (ended) =>
    announce(draft, ended, { ...news, healthy: lastHealth(held) }),
  );
}

/** Nothing more is asked of it; `say` tells of its end, unless nobody wants to hear. */
export function closeTask(draft: Draft, held: HeldTask, say: (ended: HeldTask) => void): void {
  const key = keyOfTask(held);
  clearTimer(draft, "kill", key);
  clearTimer(draft, "max-duration", key);
  stopChecks(draft, key);
  draft.undelivered.remove(key);
  draft.launchProgress.remove(key);
  if (held.runner !== "custom") draft.launchSecrets.remove(held.containerId);
  if (hasOwnSandbox(draft, held)) draft.waiting.remove(sandboxOfTask(held));
  const ended: HeldTask = { ...held, phase: "ended", pid: undefined };
  // The master that refused us wants to hear nothing of these tasks, and would never acknowledge.
  if (draft.lifecycle.refused !== undefined) forget(draft, ended);
  else say(ended);
}

function explainExit(held: HeldTask, outcome: Exited): Ending {
  const { exit } = outcome;
  const limitation = limitationOf(outcome);
  const message = limitation?.message ?? describeExit(exit);
  // Whatever we were asked to kill is killed, however gracefully it left.
  if (held.killing !== undefined) {
    const isLate = held.killing.cause === "max-duration";
    return {
      state: isLate ? "failed" : "killed",
      source: "executor",
      reason: isLate ? "max-completion-time-reached" : killReason(held, limitation?.reason),
      message: `${held.killing.reason}. ${message}`,
      exit,
    };
  }
  if (limitation !== undefined) return { state: "failed", source: "agent", ...limitation, exit };
  const state = hasSucceeded(exit) ? "finished" : "failed";
  return { state, source: "executor", reason: undefined, message, exit };
}

type Limitation = {
  readonly reason: TaskReason;
  readonly message: string;
  readonly exceeded?: ExceededLimit | undefined;
};

const MEBIBYTE = 1024 * 1024;

/** Which limit ended it, if one did. */
export function limitationOf(outcome: Exited): Limitation | undefined {
  const { exit, outOfMemory, limitation } = outcome;
  if (limitation !== undefined) return limitation;
  // A command may lose a child to the kernel and succeed all the same: then memory ended nothing.
  if (outOfMemory === undefined || hasSucceeded(exit)) return undefined;
  const { limitBytes } = outOfMemory;
  return {
    reason: "container-limitation-memory",
    message: describeOutOfMemory(outOfMemory),
    // Without a bound of its own it had less than it wanted of its machine's.
    ...(limitBytes > 0 ? { exceeded: { name: "mem", amount: milli(limitBytes / MEBIBYTE) } as const } : {}),
  };
}

const hasSucceeded = (exit: TaskExit): boolean => exit.kind === "code" && exit.code === 0;

const killReason = (held: HeldTask, memory: TaskReason | undefined): TaskReason | undefined =>
  held.state === "staging" ? "task-killed-during-launch" : memory;

/** Mesos's command executor: a task killed for its health ends as unhealthy, any other end says nothing. */
const lastHealth = (held: HeldTask): boolean | undefined =>
  held.killing?.cause === "health-check" ? false : undefined;
