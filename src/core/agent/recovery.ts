/**
 * The agent's first minute: who it is, and what became of its containers while it was away.
 *
 * Until the launcher has answered, nothing is registered, launched or killed. A launch that may not have
 * happened is never repeated: between a task that ran twice and one that did not run, the second is the lesser
 * evil, for its framework is told and can place another.
 */

import type { ContainerOutcome } from "#ports/containers.ts";
import { firstCheck } from "./checks.ts";
import type { Draft } from "./draft.ts";
import { endTask, isEnded } from "./exits.ts";
import { carryOut } from "./kill.ts";
import { register } from "./link.ts";
import { repeatRemovals } from "./sandboxes.ts";
import { killAllToStop } from "./stop.ts";
import { started } from "./tasks.ts";
import type { HeldTask } from "./types.ts";

type Recovered = Extract<ContainerOutcome, { readonly type: "recovered" }>;

export function start(draft: Draft): void {
  draft.identity ??= { key: draft.chance.uuid(), agentId: undefined };
  const alive = draft.tasks.values().filter((held) => !isEnded(held));
  draft.container({ type: "recover", known: alive.map(({ containerId }) => containerId) });
}

export function recovered(draft: Draft, outcome: Recovered): void {
  if (draft.lifecycle.phase === "ready") return;
  draft.lifecycle = { ...draft.lifecycle, phase: "ready" };
  const running = new Set(outcome.running);
  const ended = new Set(outcome.ended);
  for (const held of draft.tasks.values()) {
    // Of those that ended, `exited` says more, and it may have come already.
    if (isEnded(held) || ended.has(held.containerId)) continue;
    if (running.has(held.containerId)) resume(draft, held);
    else giveUp(draft, held);
  }
  repeatRemovals(draft);
  if (draft.lifecycle.stopping) killAllToStop(draft);
  register(draft);
}

function resume(draft: Draft, held: HeldTask): void {
  switch (held.phase) {
    case "launching":
      started(draft, held, undefined);
      return;
    case "running":
      firstCheck(draft, held);
      return;
    case "killing":
      carryOut(draft, held);
      return;
    case "ended":
      return;
    default:
      held.phase satisfies never;
  }
}

/** Nothing is left of its container. */
function giveUp(draft: Draft, held: HeldTask): void {
  const common = { source: "agent", exit: undefined } as const;
  const neverRan = held.phase === "launching";
  if (held.killing !== undefined) {
    endTask(draft, held, {
      ...common,
      state: "killed",
      reason: neverRan ? "task-killed-during-launch" : "executor-terminated",
      message: `${held.killing.reason}. The agent was restarted meanwhile, and its container is gone`,
    });
  } else if (neverRan) {
    endTask(draft, held, {
      ...common,
      state: "dropped",
      reason: "agent-restarted",
      message: "Task launched during agent restart",
    });
  } else {
    endTask(draft, held, {
      ...common,
      state: "failed",
      reason: "executor-terminated",
      message:
        "Its container was gone when the agent came back: the host was restarted, or somebody removed it. " +
        "How it ended is not known",
    });
  }
}
