/**
 * What a custom executor says of its tasks, taken once each, into the same streams as everything else.
 *
 * It repeats an update until it hears that it was taken, which it does when that is durable; so whatever is not
 * taken because it makes no sense is acknowledged all the same. The first terminal state sticks.
 */

import { limits } from "#base/limits.ts";
import { addressOf } from "#model/container-network.ts";
import { type AgentId, taskId } from "#model/ids.ts";
import type { ExecutorUpdate } from "#model/protocol/executor.ts";
import type { TaskStatus } from "#model/task.ts";
import { isTerminal } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { shutdownExecutor } from "./executor-life.ts";
import { isUndelivered } from "./executor-tasks.ts";
import { closeTask, isEnded } from "./exits.ts";
import { keyOfExecutor, taskKey } from "./keys.ts";
import { charactersBeside, isCrowded } from "./stream-sizes.ts";
import type { HeldExecutor, HeldTask } from "./types.ts";
import { deliver } from "./updates.ts";

/** Takes it, and acknowledges it if the executor listens. */
export function takeUpdate(draft: Draft, held: HeldExecutor, update: ExecutorUpdate): void {
  if (update.state === "staging") {
    shutdownExecutor(draft, held, {
      cause: "rude",
      graceMs: undefined,
      reason: `Ended because it said of task ${update.taskId} that it is staging, which only the agent may say`,
    });
    return;
  }
  const task = draft.tasks.get(taskKey(held.frameworkId, update.taskId));
  if (task !== undefined && makesSense(draft, held, task, update)) take(draft, held, task, update);
  const session = draft.lives.get(keyOfExecutor(held))?.session;
  if (session === undefined) return;
  const { updateId } = update;
  draft.sendExecutor(session, { type: "acknowledged", taskId: taskId(update.taskId), updateId });
}

function makesSense(draft: Draft, held: HeldExecutor, task: HeldTask, update: ExecutorUpdate): boolean {
  // One that ended, was repeated, or is another's.
  if (isEnded(task) || task.runner !== "custom" || task.spec.executorId !== held.spec.executorId)
    return false;
  if (task.taken?.includes(update.updateId) === true) return false;
  // What only a master can know.
  if (update.state === "unreachable" || update.state === "unknown") return false;
  // It cannot know of what it was not told: this is an old word about an earlier use of the id.
  return !isUndelivered(draft, task);
}

function take(draft: Draft, held: HeldExecutor, task: HeldTask, update: ExecutorUpdate): void {
  const taken = [...(task.taken ?? []), update.updateId].slice(-limits.updatesRememberedPerTaskMax);
  const exit = update.exit ?? task.exit;
  const healthy = update.healthy ?? task.healthy;
  const now: HeldTask = { ...task, taken, exit, healthy, startedAtMs: task.startedAtMs ?? draft.nowMs };
  const status = toStatus(draft, held, task.spec.agentId, update);
  if (!held.hasWorked) draft.executors.put(keyOfExecutor(held), { ...held, hasWorked: true });
  if (isTerminal(update.state)) closeTask(draft, now, (ended) => deliver(draft, ended, status));
  else deliver(draft, { ...now, phase: task.killing === undefined ? "running" : "killing" }, status);
}

function toStatus(draft: Draft, held: HeldExecutor, agentId: AgentId, update: ExecutorUpdate): TaskStatus {
  const { data, labels, checkStatus, ...status } = update;
  const characters = charactersBeside(update);
  const charactersMax = isCrowded(draft) ? 0 : limits.updateExtrasCharactersMax;
  const isTooMuch = characters > charactersMax;
  // What state a task is in matters more than what is said beside it.
  const note =
    `Its data, labels and check were left out: they take ${characters} characters, ` +
    `and may take ${charactersMax}${charactersMax === 0 ? ", for too much waits to be acknowledged" : ""}`;
  const message = isTooMuch ? `${note}. ${update.message}` : update.message;
  return {
    ...status,
    ...(isTooMuch || data === undefined ? {} : { data }),
    ...(isTooMuch || labels === undefined ? {} : { labels }),
    ...(isTooMuch || checkStatus === undefined ? {} : { checkStatus }),
    agentId,
    source: "executor",
    message: message.slice(0, limits.updateMessageLengthMax),
    containerId: update.containerId ?? held.containerId,
    address: (update.address ?? addressOf(held.networks, draft.config.info.endpoint.address)).slice(
      0,
      limits.idLengthMax,
    ),
    ...(held.networks === undefined ? {} : { networks: held.networks }),
  };
}
