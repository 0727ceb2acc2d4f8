/**
 * Update streams: what happened to each task, told to the master in order until it acknowledges.
 *
 * An update is durable before it is sent (the loop sees to that), one of each task is in flight, and it is
 * resent after 10 s, doubling to 10 min, and at once when the agent registers anew. The acknowledgement of a
 * terminal update is what makes the agent forget the task.
 */

import { assert } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import { addressOf } from "#model/container-network.ts";
import { type UpdateId, updateId } from "#model/ids.ts";
import {
  type CheckResult,
  type ExceededLimit,
  noResult,
  type StatusSource,
  type TaskReason,
  type TaskStatus,
} from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { keyOfTask, taskKey } from "./keys.ts";
import { keepSandboxOfTask } from "./sandboxes.ts";
import { isCrowded, roughCharacters } from "./stream-sizes.ts";
import { clearTimer, setTimer } from "./timers.ts";
import type { HeldTask, UpdateStream } from "./types.ts";

export type News = {
  readonly state: TaskState;
  readonly source: StatusSource;
  readonly reason: TaskReason | undefined;
  readonly message: string;
  readonly healthy: boolean | undefined;
  readonly exceeded?: ExceededLimit | undefined;
};

/** Keeps `held` as it now is and puts the news into its stream. */
export function announce(draft: Draft, held: HeldTask, news: News): void {
  assert(mayFollow(held.state, news.state), `task ${held.spec.taskId}: ${news.state} after ${held.state}`);
  deliver(draft, held, toStatus(draft, held, news));
}

/**
 * The same with a status that comes from outside: an executor may say what it likes in any order until it says
 * that the task has ended, and its framework hears it so; what we hold the task for follows only where it may.
 */
export function deliver(draft: Draft, held: HeldTask, said: TaskStatus): void {
  const key = keyOfTask(held);
  const { executorId } = held.spec;
  const status: TaskStatus = executorId === undefined ? said : { ...said, executorId };
  const { data: _data, labels: _labels, checkStatus: _checkStatus, ...latest } = status;
  const state = mayFollow(held.state, status.state) ? status.state : held.state;
  draft.tasks.put(key, { ...held, state, latest: { ...latest, updateId: undefined } });
  const before = draft.streams.get(key)?.pending ?? [];
  const stream: UpdateStream = {
    taskId: held.spec.taskId,
    frameworkId: held.frameworkId,
    pending: makeRoom([...before, status], isCrowded(draft)),
  };
  draft.streams.put(key, stream);
  if (before.length === 0) draft.untold.add(key);
}

/** Sends what is new, when all that this input brings has been taken in: it says the newest state beside. */
export function tellNews(draft: Draft): void {
  for (const key of draft.untold) {
    const stream = draft.streams.get(key);
    if (stream !== undefined) transmit(draft, stream);
  }
  draft.untold.clear();
}

/** Takes the acknowledged update out; any but the one in flight is an old one repeated, and changes nothing. */
export function acknowledge(draft: Draft, key: string, acknowledged: UpdateId): void {
  const stream = draft.streams.get(key);
  if (stream === undefined || stream.pending[0]?.updateId !== acknowledged) return;
  clearTimer(draft, "resend", key);
  const pending = stream.pending.slice(1);
  if (pending.length > 0) {
    const rest = { ...stream, pending };
    draft.streams.put(key, rest);
    transmit(draft, rest);
    return;
  }
  draft.streams.remove(key);
  const held = draft.tasks.get(key);
  if (held !== undefined && isTerminal(held.state)) forget(draft, held);
}

/** After registering: the master may have lost what it had been told. */
export function resumeStreams(draft: Draft): void {
  for (const stream of draft.streams.values()) transmit(draft, stream);
}

export function pauseStreams(draft: Draft): void {
  for (const stream of draft.streams.values()) clearTimer(draft, "resend", keyOfStream(stream));
}

export function resend(draft: Draft, key: string, delayMs: number): void {
  const stream = draft.streams.get(key);
  if (stream !== undefined) transmit(draft, stream, delayMs);
}

/** Nothing more is said about the task; its files stay for a while. */
export function forget(draft: Draft, held: HeldTask): void {
  const key = keyOfTask(held);
  draft.streams.remove(key);
  clearTimer(draft, "resend", key);
  draft.tasks.remove(key);
  keepSandboxOfTask(draft, held);
}

const keyOfStream = ({ frameworkId, taskId }: UpdateStream): string => taskKey(frameworkId, taskId);

function transmit(draft: Draft, stream: UpdateStream, delayMs: number = limits.updateRetryInitialMs): void {
  if (draft.link?.registered !== true) return;
  const key = keyOfStream(stream);
  const status = stream.pending[0];
  const held = draft.tasks.get(key);
  assert(status !== undefined && held !== undefined, `task ${key}: a stream has an update and a held task`);
  draft.send({ type: "update", frameworkId: stream.frameworkId, status, latestState: held.state });
  const nextDelayMs = Math.min(delayMs * 2, limits.updateRetryMaxMs);
  setTimer(draft, { kind: "resend", key, atMs: draft.nowMs + delayMs, delayMs: nextDelayMs });
}

/**
 * Frees places in a stream that is too long by dropping the oldest that is neither in flight nor the newest.
 * Only a long silence of the framework while health flaps, or while an executor chatters, fills one; what is
 * dropped has been overtaken.
 */
function makeRoom(pending: readonly TaskStatus[], isCrowded: boolean): readonly TaskStatus[] {
  const charactersMax = isCrowded ? 0 : limits.updateStreamCharactersMax;
  const sizes = pending.map(roughCharacters);
  let characters = sizes.reduce((sum, size) => sum + size, 0);
  let dropped = 0;
  while (
    pending.length - dropped > 2 &&
    (pending.length - dropped > limits.updatesUnackedPerTaskMax || characters > charactersMax)
  ) {
    dropped += 1;
    characters -= sizes[dropped] ?? 0;
  }
  return dropped === 0 ? pending : pending.toSpliced(1, dropped);
}

const toStatus = (draft: Draft, held: HeldTask, news: News): TaskStatus => ({
  taskId: held.spec.taskId,
  agentId: held.spec.agentId,
  state: news.state,
  source: news.source,
  reason: news.reason,
  message: news.message.slice(0, limits.updateMessageLengthMax),
  timestampMs: draft.nowMs,
  healthy: news.healthy,
  updateId: updateId(draft.chance.uuid()),
  containerId: held.containerId,
  address: addressOf(held.networks, draft.config.info.endpoint.address),
  ...(held.networks === undefined ? {} : { networks: held.networks }),
  exit: held.exit,
  ...(news.exceeded === undefined ? {} : { exceeded: news.exceeded }),
  ...checkResultOf(held, news),
});

/** As Mesos's executors say it: what was last found while the task runs, and that it has a check at its end. */
function checkResultOf({ spec, checkResult }: HeldTask, news: News): { readonly checkResult?: CheckResult } {
  if (spec.check === undefined || news.source !== "executor") return {};
  const none = noResult(spec.check);
  return { checkResult: isTerminal(news.state) ? none : (checkResult ?? none) };
}
