/**
 * Update streams: what happened to each task, told to the master in order until it acknowledges.
 *
 * An update is durable before it is sent (the loop sees to that), one of each task is in flight, and it is
 * resent after 10 s, doubling to 10 min, and at once when the agent registers anew. The acknowledgement of a
 * terminal update is what makes the agent forget the task.
 */

import { assert } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import { type TaskId, type UpdateId, updateId } from "#model/ids.ts";
import type { StatusSource, TaskReason, TaskStatus } from "#model/task.ts";
import { isTerminal, mayFollow, type TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";
import { keepSandbox } from "./sandboxes.ts";
import { clearTaskTimer, setTimer } from "./timers.ts";
import type { HeldTask, UpdateStream } from "./types.ts";

export type News = {
  readonly state: TaskState;
  readonly source: StatusSource;
  readonly reason: TaskReason | undefined;
  readonly message: string;
  readonly healthy: boolean | undefined;
};

/** Keeps `held` as it now is and puts the news into its stream. */
export function announce(draft: Draft, held: HeldTask, news: News): void {
  assert(mayFollow(held.state, news.state), `task ${held.spec.taskId}: ${news.state} after ${held.state}`);
  const { taskId } = held.spec;
  const status = toStatus(draft, held, news);
  draft.tasks.put(taskId, { ...held, state: news.state, latest: { ...status, updateId: undefined } });
  const before = draft.streams.get(taskId)?.pending ?? [];
  const stream: UpdateStream = {
    taskId,
    frameworkId: held.frameworkId,
    pending: [...makeRoom(before), status],
  };
  draft.streams.put(taskId, stream);
  if (before.length === 0) transmit(draft, stream);
}

/** Takes the acknowledged update out; any but the one in flight is an old one repeated, and changes nothing. */
export function acknowledge(draft: Draft, taskId: TaskId, acknowledged: UpdateId): void {
  const stream = draft.streams.get(taskId);
  if (stream === undefined || stream.pending[0]?.updateId !== acknowledged) return;
  clearTaskTimer(draft, "resend", taskId);
  const pending = stream.pending.slice(1);
  if (pending.length > 0) {
    const rest = { ...stream, pending };
    draft.streams.put(taskId, rest);
    transmit(draft, rest);
    return;
  }
  draft.streams.remove(taskId);
  const held = draft.tasks.get(taskId);
  if (held !== undefined && isTerminal(held.state)) forget(draft, held);
}

/** After registering: the master may have lost what it had been told. */
export function resumeStreams(draft: Draft): void {
  for (const stream of draft.streams.values()) transmit(draft, stream);
}

export function pauseStreams(draft: Draft): void {
  for (const { taskId } of draft.streams.values()) clearTaskTimer(draft, "resend", taskId);
}

export function resend(draft: Draft, taskId: TaskId, delayMs: number): void {
  const stream = draft.streams.get(taskId);
  if (stream !== undefined) transmit(draft, stream, delayMs);
}

/** Nothing more is said about the task; its files stay for a while. */
export function forget(draft: Draft, held: HeldTask): void {
  const { taskId } = held.spec;
  draft.streams.remove(taskId);
  clearTaskTimer(draft, "resend", taskId);
  draft.tasks.remove(taskId);
  keepSandbox(draft, held);
}

function transmit(draft: Draft, stream: UpdateStream, delayMs: number = limits.updateRetryInitialMs): void {
  if (draft.link?.registered !== true) return;
  const { taskId, frameworkId } = stream;
  const status = stream.pending[0];
  const held = draft.tasks.get(taskId);
  assert(
    status !== undefined && held !== undefined,
    `task ${taskId}: a stream has an update and a held task`,
  );
  draft.send({ type: "update", frameworkId, status, latestState: held.state });
  const nextDelayMs = Math.min(delayMs * 2, limits.updateRetryMaxMs);
  setTimer(draft, { kind: "resend", taskId, atMs: draft.nowMs + delayMs, delayMs: nextDelayMs });
}

/**
 * Frees a place in a full stream by dropping the oldest that is not in flight. Only a long silence of the
 * framework while health flaps fills one; what is dropped is then an old change of health.
 */
const makeRoom = (pending: readonly TaskStatus[]): readonly TaskStatus[] =>
  pending.length < limits.updatesUnackedPerTaskMax ? pending : pending.toSpliced(1, 1);

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
  address: draft.config.info.endpoint.address,
  exit: held.exit,
});
