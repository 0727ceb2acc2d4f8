/**
 * Back-off: an app whose instances fail, or finish, is launched again ever more slowly.
 *
 * The delay belongs to a configuration: a changed or restarted app starts afresh, a scaled one does not. It
 * also ends when the app has been left alone for as long as the longest delay.
 */

import type { Service } from "#model/app.ts";
import type { AppId } from "#model/ids.ts";
import type { TaskState } from "#model/task-state.ts";
import type { Draft } from "./draft.ts";

/** An end that we asked for, or that came with the agent's, is not the app's fault. */
const blamed: readonly TaskState[] = ["failed", "finished", "error", "dropped", "gone"];

export const isBlamed = (state: TaskState): boolean => blamed.includes(state);

export function growDelay(draft: Draft, app: Service): void {
  const { id, backoff } = app.definition;
  const previous = draft.delay(id);
  const grown = previous === undefined ? backoff.initialMs : previous.delayMs * backoff.factor;
  const delayMs = Math.round(Math.min(grown, backoff.maxMs));
  const untilMs = draft.nowMs + delayMs;
  draft.put({ kind: "launch-delay", id, value: { appId: id, delayMs, untilMs } });
  draft.setTimer({ what: "delay", appId: id }, untilMs);
}

/** An instance was launched or got further: the time until the delay is forgotten starts again. */
export function prolongDelay(draft: Draft, app: Service): void {
  const { id, backoff } = app.definition;
  const delay = draft.delay(id);
  if (delay === undefined || delay.untilMs > draft.nowMs) return;
  draft.setTimer({ what: "delay", appId: id }, draft.nowMs + backoff.maxMs);
}

export function forgetDelay(draft: Draft, id: AppId): void {
  if (draft.delay(id) === undefined) return;
  draft.put({ kind: "launch-delay", id, value: undefined });
  draft.setTimer({ what: "delay", appId: id }, undefined);
}

/** The timer: first for the end of the delay, when launching goes on, then for its being forgotten. */
export function lookAfterDelay(draft: Draft, id: AppId): void {
  const app = draft.service(id);
  const delay = draft.delay(id);
  if (app === undefined || delay === undefined) {
    return draft.setTimer({ what: "delay", appId: id }, undefined);
  }
  const { maxMs } = app.definition.backoff;
  const timerMs = draft.state.timers.get(`delay:${id}`)?.atMs ?? delay.untilMs;
  if (timerMs <= delay.untilMs) {
    return draft.setTimer(
      { what: "delay", appId: id },
      Math.max(draft.nowMs, delay.untilMs) + Math.max(1, maxMs),
    );
  }
  forgetDelay(draft, id);
}
