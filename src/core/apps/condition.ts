/**
 * What an instance is worth: ready, unwell, inactive; derived from its state, its health and its app.
 */

import type { Instance } from "#model/instance.ts";
import { healthChecksOf, type RunSpec } from "#model/pod.ts";
import type { InstanceHealth } from "./types.ts";

/** All checks pass (true), one is known to fail (false), or some have not spoken yet (undefined). */
export function healthOf(
  definition: RunSpec | undefined,
  health: InstanceHealth | undefined,
): boolean | undefined {
  const checks = definition === undefined ? [] : healthChecksOf(definition);
  const alive = checks.map((_, index) => health?.checks[index]?.alive);
  if (alive.includes(false)) return false;
  return alive.includes(undefined) ? undefined : true;
}

/** Unreachable for so long that it no longer counts, though it may come back. */
export const isInactive = (instance: Instance, definition: RunSpec | undefined, nowMs: number): boolean => {
  const inactiveAtMs = inactiveAtOf(instance, definition);
  return inactiveAtMs !== undefined && inactiveAtMs <= nowMs;
};

/** When an unreachable instance is replaced; undefined: it is reachable, or it is never replaced. */
export function inactiveAtOf(instance: Instance, definition: RunSpec | undefined): number | undefined {
  const strategy = unreachableStrategyOf(definition);
  if (instance.state !== "unreachable" || strategy === "disabled") return undefined;
  return (instance.unreachableAtMs ?? instance.stagedAtMs) + strategy.inactiveAfterMs;
}

/** When an unreachable instance is forgotten; it is killed should it return afterwards. */
export function expungeAtOf(instance: Instance, definition: RunSpec | undefined): number | undefined {
  const strategy = unreachableStrategyOf(definition);
  if (instance.state !== "unreachable" || strategy === "disabled") return undefined;
  return (instance.unreachableAtMs ?? instance.stagedAtMs) + strategy.expungeAfterMs;
}

const unreachableStrategyOf = (definition: RunSpec | undefined) =>
  definition?.unreachableStrategy ?? { inactiveAfterMs: 0, expungeAfterMs: 0 };
