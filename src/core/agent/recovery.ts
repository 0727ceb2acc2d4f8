/**
 * The agent's first minute: who it is, and what became of its containers while it was away.
 *
 * Until the launcher has answered, nothing is registered, launched or killed. A launch that may not have
 * happened is never repeated: between a task that ran twice and one that did not run, the second is the lesser
 * evil, for its framework is told and can place another.
 */

import type { ContainerId } from "#model/ids.ts";
import type { ContainerOutcome } from "#ports/containers.ts";
import type { Draft } from "./draft.ts";
import { endExecutor } from "./executor-ends.ts";
import { resumeExecutor } from "./executor-life.ts";
import { endTask, isEnded } from "./exits.ts";
import { executorKey, executorOfTask } from "./keys.ts";
import { carryOut } from "./kill.ts";
import { register } from "./link.ts";
import { repeatRemovals } from "./sandboxes.ts";
import { killAllToStop } from "./stop.ts";
import { started, watch } from "./tasks.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";
import { repeatWipes } from "./volumes.ts";

type Recovered = Extract<ContainerOutcome, { readonly type: "recovered" }>;

const goneMessage = ({ hostRestarted }: Recovered): string =>
  hostRestarted === true
    ? "Its host was restarted while it ran"
    : "Its container was gone when the agent came back: somebody removed it. How it ended is not known";

const launchedMeanwhile = {
  state: "dropped",
  reason: "agent-restarted",
  message: "Task launched during agent restart",
} as const;

export function start(draft: Draft): void {
  draft.identity ??= { key: draft.chance.uuid(), agentId: undefined };
  renameRows(draft);
  const alive = [
    ...draft.tasks.values().filter((held) => !isEnded(held) && held.runner !== "custom"),
    ...draft.executors.values().filter(({ spec }) => spec.kind === "custom"),
  ];
  draft.container({ type: "recover", known: alive.map(({ containerId }) => containerId) });
}

/** Rows of an earlier release, by the name under which they are kept now. */
function renameRows(draft: Draft): void {
  for (const row of draft.state.misnamed.values()) {
    draft.misnamed.push(row);
    const { key } = row;
    const held = draft.tasks.get(key);
    const stream = draft.streams.get(key);
    const sandbox = draft.sandboxes.get(key);
    if (row.kind === "held-task" && held !== undefined) draft.tasks.put(key, held);
    if (row.kind === "update-stream" && stream !== undefined) draft.streams.put(key, stream);
    if (row.kind === "sandbox" && sandbox !== undefined) draft.sandboxes.put(key, sandbox);
  }
}

export function recovered(draft: Draft, outcome: Recovered): void {
  if (draft.lifecycle.phase === "ready") return;
  draft.lifecycle = { ...draft.lifecycle, phase: "ready" };
  const running = new Set(outcome.running);
  const ended = new Set(outcome.ended);
  const gone = goneMessage(outcome);
  const networks = new Map(outcome.networks?.map((each) => [each.containerId, each.networks]));
  for (const held of draft.executors.values())
    recoverExecutor(draft, located(held, networks), running, ended, gone);
  for (const held of draft.tasks.values()) {
    // Of those that ended, `exited` says more, and it may have come already.
    if (isEnded(held) || ended.has(held.containerId)) continue;
    if (held.runner === "custom") recoverAtExecutor(draft, held);
    else if (running.has(held.containerId)) resume(draft, located(held, networks));
    else giveUp(draft, held, gone);
  }
  repeatRemovals(draft);
  repeatWipes(draft, new Set([...running, ...ended]));
  if (draft.lifecycle.stopping) killAllToStop(draft);
  register(draft);
}

/** Of one that was launched before anybody could tell where it is. */
function located<Held extends HeldTask | HeldExecutor>(
  held: Held,
  networks: ReadonlyMap<ContainerId, NonNullable<HeldTask["networks"]>>,
): Held {
  const found = networks.get(held.containerId);
  return held.phase !== "launching" || found === undefined ? held : { ...held, networks: found };
}

function recoverExecutor(
  draft: Draft,
  held: HeldExecutor,
  running: ReadonlySet<ContainerId>,
  ended: ReadonlySet<ContainerId>,
  gone: string,
): void {
  if (held.spec.kind === "default" || ended.has(held.containerId)) return;
  if (running.has(held.containerId)) {
    resumeExecutor(draft, held);
    return;
  }
  const end = { exit: undefined, message: gone };
  if (held.phase === "launching" && !held.hasSubscribed) endExecutor(draft, held, end, launchedMeanwhile);
  else
    endExecutor(draft, held, end, {
      state: "failed",
      reason: "executor-terminated",
      message: `Executor terminated. ${gone}`,
    });
}

/** Its executor is held as long as it is; what that knows of it, it says when it comes back. */
function recoverAtExecutor(draft: Draft, held: HeldTask): void {
  if (draft.executors.get(executorKey(held.frameworkId, executorOfTask(held))) !== undefined) return;
  endTask(draft, held, {
    state: "failed",
    source: "agent",
    reason: "executor-terminated",
    message: "Executor terminated",
    exit: undefined,
  });
}

function resume(draft: Draft, held: HeldTask): void {
  switch (held.phase) {
    case "launching":
      started(draft, held, undefined);
      return;
    case "running":
      watch(draft, held);
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
function giveUp(draft: Draft, held: HeldTask, gone: string): void {
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
    endTask(draft, held, { ...common, ...launchedMeanwhile });
  } else {
    endTask(draft, held, {
      ...common,
      state: "failed",
      reason: "executor-terminated",
      message: gone,
    });
  }
}
