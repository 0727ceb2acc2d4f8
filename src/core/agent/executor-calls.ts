/**
 * The calls of custom executors: subscribe, and what they say from then on.
 *
 * Who calls was made sure of at the door; that it is still held is seen here. What an executor says counts when
 * it has subscribed in this life of the agent, be its session open at the moment or not. Messages to its
 * framework may be lost, and are when there are too many.
 */

import { limits } from "#base/limits.ts";
import type { SessionId } from "#model/ids.ts";
import type { ExecutorCall, ExecutorKey } from "#model/protocol/executor.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { Draft } from "./draft.ts";
import { deliverTasks, endIfNeedless, isUndelivered, repeatKills } from "./executor-tasks.ts";
import { takeUpdate } from "./executor-updates.ts";
import { endTask, isEnded } from "./exits.ts";
import { executorKey, keyOfExecutor } from "./keys.ts";
import type { AgentState } from "./state.ts";
import { clearTimer, setTimer } from "./timers.ts";
import type { AgentInput, HeldExecutor } from "./types.ts";
import { executorStanding } from "./views.ts";

type Call = Extract<AgentInput, { readonly type: "executor-call" }>;
type Subscribe = Extract<ExecutorCall, { readonly type: "subscribe" }>;

/** A call that counts for nothing. (To one that subscribes it is said on its session that it is over.) */
export function refuseCall(state: AgentState, { executor, call }: Call): Rejection | undefined {
  if (call.type === "subscribe") return undefined;
  const standing = executorStanding(state, executor);
  switch (standing) {
    case "recovering":
      return reject("unavailable", "Agent has not finished recovery");
    case "no-framework":
      return reject("not-found", "Framework cannot be found");
    case "no-executor":
      return reject("not-found", "Executor cannot be found");
    case "not-subscribed":
      return call.type === "heartbeat" ? undefined : reject("forbidden", "Executor is not subscribed");
    case "subscribed":
      return call.type === "message" && call.data.length > limits.executorMessageCharactersMax
        ? reject(
            "invalid",
            `A message may have ${limits.executorMessageCharactersMax} characters in base64, and not ${call.data.length}`,
          )
        : undefined;
    default:
      return standing satisfies never;
  }
}

export function executorCalls(draft: Draft, { session, executor, call }: Call): void {
  const key = executorKey(executor.frameworkId, executor.executorId);
  const held = draft.executors.get(key);
  if (call.type === "subscribe") {
    subscribe(draft, session, held, call);
    return;
  }
  if (held === undefined || draft.lives.get(key)?.subscribed !== true) return;
  switch (call.type) {
    case "update":
      takeUpdate(draft, held, call.update);
      return;
    case "message":
      tellFramework(draft, executor, call.data);
      return;
    case "heartbeat":
      return;
    default:
      call satisfies never;
  }
}

export function executorClosed(draft: Draft, session: SessionId): void {
  const key = keyOfSession(draft, session);
  const life = key === undefined ? undefined : draft.lives.get(key);
  if (key === undefined || life === undefined) return;
  draft.lives.put(key, { ...life, session: undefined });
  clearTimer(draft, "heartbeat", key);
}

export function heartbeat(draft: Draft, key: string): void {
  const session = draft.lives.get(key)?.session;
  if (session === undefined) return;
  draft.sendExecutor(session, { type: "heartbeat" });
  setTimer(draft, { kind: "heartbeat", key, atMs: draft.nowMs + limits.executorHeartbeatMs });
}

/** From the framework; one that does not listen does not hear it. */
export function tellExecutor(draft: Draft, { frameworkId, executorId }: ExecutorKey, data: string): void {
  const key = executorKey(frameworkId, executorId);
  const session = draft.lives.get(key)?.session;
  if (session === undefined || draft.executors.get(key)?.ending !== undefined) return;
  draft.sendExecutor(session, { type: "message", data });
}

function subscribe(draft: Draft, session: SessionId, held: HeldExecutor | undefined, call: Subscribe): void {
  const agentId = draft.identity?.agentId;
  const key = held === undefined ? undefined : keyOfExecutor(held);
  const life = key === undefined ? undefined : draft.lives.get(key);
  if (draft.lifecycle.phase !== "ready") {
    draft.effects.push({ type: "close-executor", session });
    return;
  }
  // A child of an executor that ended, or one that is to end and came back.
  const isOver = held?.ending !== undefined;
  if (held === undefined || key === undefined || life === undefined || agentId === undefined || isOver) {
    draft.sendExecutor(session, { type: "shutdown" });
    draft.effects.push({ type: "close-executor", session });
    return;
  }
  if (life.session !== undefined && life.session !== session)
    draft.effects.push({ type: "close-executor", session: life.session });
  draft.lives.put(key, { ...life, session, subscribed: true });
  clearTimer(draft, "executor", key);
  setTimer(draft, { kind: "heartbeat", key, atMs: draft.nowMs + limits.executorHeartbeatMs });
  if (!held.hasSubscribed) draft.executors.put(key, { ...held, hasSubscribed: true });
  draft.sendExecutor(session, {
    type: "subscribed",
    executor: held.spec,
    frameworkId: held.frameworkId,
    framework: held.framework,
    agentId,
    agent: draft.config.info,
    containerId: held.containerId,
  });
  catchUp(draft, session, key, call);
}

/** What it has to say since it was heard last, then what it has to hear. */
function catchUp(draft: Draft, session: SessionId, key: string, call: Subscribe): void {
  for (const update of call.unacknowledgedUpdates) {
    const held = draft.executors.get(key);
    if (held?.ending === undefined && held !== undefined) takeUpdate(draft, held, update);
  }
  const known = new Set(call.unacknowledgedTasks);
  for (const task of draft.tasksOf(key)) {
    if (isEnded(task) || task.state !== "staging" || isUndelivered(draft, task)) continue;
    if (known.has(task.spec.taskId)) noteWork(draft, key);
    else
      endTask(draft, task, {
        state: "dropped",
        source: "agent",
        reason: "agent-restarted",
        message: "Task launched during agent restart",
        exit: undefined,
      });
  }
  const held = draft.executors.get(key);
  if (held === undefined || held.ending !== undefined) return;
  endIfNeedless(draft, held);
  repeatKills(draft, session, key);
  deliverTasks(draft, key);
}

function noteWork(draft: Draft, key: string): void {
  const held = draft.executors.get(key);
  if (held !== undefined && !held.hasWorked) draft.executors.put(key, { ...held, hasWorked: true });
}

function tellFramework(draft: Draft, { frameworkId, executorId }: ExecutorKey, data: string): void {
  if (draft.link?.registered !== true) return;
  const isNow = draft.chatter !== undefined && draft.nowMs - draft.chatter.sinceMs < 1_000;
  const before =
    isNow && draft.chatter !== undefined ? draft.chatter : { sinceMs: draft.nowMs, characters: 0 };
  const characters = before.characters + data.length + limits.executorMessageFrameCharacters;
  if (characters > limits.executorMessagesPerSecondCharactersMax) return;
  draft.chatter = { ...before, characters };
  draft.send({ type: "executor-message", frameworkId, executorId, data });
}

function keyOfSession({ state, lives }: Draft, session: SessionId): string | undefined {
  for (const key of state.lives.keys()) if (lives.get(key)?.session === session) return key;
  return undefined;
}
