/**
 * The life of single instances after their launch: asking for their end until it comes, giving up those
 * that never start or whose agent is gone, and forgetting those that ended.
 */

import { type Instance, liveTaskIdsOf } from "#model/instance.ts";
import { isPod } from "#model/pod.ts";
import { expungeAtOf, inactiveAtOf } from "./condition.ts";
import type { Draft } from "./draft.ts";
import { definitionOf } from "./state.ts";

const killRepeatMs = 10_000;

/**
 * Asks for the instance's end. One that cannot be reached is forgotten instead, and killed should it return. `wiped`: no
 * other is to go by its name.
 */
export function killInstance(draft: Draft, instance: Instance, reason: string, wiped = false): void {
  if (instance.state === "unreachable") return forgetInstance(draft, instance, reason);
  const known = instance.killing;
  const killing = { reason, sinceMs: draft.nowMs, ...known, ...(wiped ? { wiped: true as const } : {}) };
  if (known === undefined || (wiped && known.wiped !== true))
    draft.put({ kind: "instance", id: instance.taskId, value: { ...instance, killing } });
  callKill(draft, instance);
  draft.setTimer({ what: "instance", taskId: instance.taskId }, draft.nowMs + killRepeatMs);
}

function callKill(draft: Draft, instance: Instance): void {
  const definition = definitionOf(draft.state, instance);
  const graceMs = definition === undefined || isPod(definition) ? undefined : definition.killGraceMs;
  for (const taskId of liveTaskIdsOf(instance))
    draft.call({ type: "kill", taskId, agentId: instance.agentId, graceMs });
}

export function forgetInstance(draft: Draft, instance: Instance, message: string): void {
  draft.put({ kind: "instance", id: instance.taskId, value: undefined });
  draft.publish({ type: "instance-changed", instance, message });
}

/** Does what is due for the instance, and sets the time for the next look. */
export function lookAfterInstance(draft: Draft, instance: Instance): void {
  const { nowMs } = draft;
  const matter = { what: "instance", taskId: instance.taskId } as const;
  const definition = definitionOf(draft.state, instance);
  if (instance.killing !== undefined) {
    callKill(draft, instance);
    return draft.setTimer(matter, nowMs + killRepeatMs);
  }
  if (instance.state === "staging" || instance.state === "starting") {
    const giveUpAtMs = instance.stagedAtMs + draft.state.config.taskLaunchTimeoutMs;
    if (giveUpAtMs > nowMs) return draft.setTimer(matter, giveUpAtMs);
    return killInstance(
      draft,
      instance,
      `it did not start within ${formatSeconds(giveUpAtMs - instance.stagedAtMs)}`,
    );
  }
  const expungeAtMs = expungeAtOf(instance, definition);
  if (expungeAtMs !== undefined && expungeAtMs <= nowMs) {
    return forgetInstance(draft, instance, "its agent stayed unreachable");
  }
  const inactiveAtMs = inactiveAtOf(instance, definition);
  const next = inactiveAtMs !== undefined && inactiveAtMs > nowMs ? inactiveAtMs : expungeAtMs;
  draft.setTimer(matter, next);
}

const formatSeconds = (durationMs: number): string => `${Math.round(durationMs / 1_000)} s`;
