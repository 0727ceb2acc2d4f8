/**
 * Readiness: a new instance is asked until it answers with one of the statuses that say it is ready; then
 * never again. Deployments wait for it, nothing else does, and no instance is killed for not being ready.
 *
 * That an instance was ready is kept with it; what it last answered is not.
 */

import type { TaskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { isPod, type RunSpec } from "#model/pod.ts";
import type { ReadinessCheck } from "#model/readiness.ts";
import type { ProbeRequest, ProbeResult } from "#ports/probes.ts";
import type { Draft } from "./draft.ts";
import { probe, targetOf } from "./probing.ts";
import { definitionOf } from "./state.ts";

/** The instance runs: it is asked from now on, if it has a check and was never ready. */
export function scheduleReadiness(draft: Draft, instance: Instance): void {
  if (isReady(instance, definitionOf(draft.state, instance))) return;
  draft.setTimer({ what: "readiness", taskId: instance.taskId }, draft.nowMs);
}

/** Whether the instance need not be waited for. */
export const isReady = (instance: Instance, definition: RunSpec | undefined): boolean =>
  instance.readyAtMs !== undefined || readinessCheckOf(definition) === undefined;

export function lookAfterReadiness(draft: Draft, taskId: TaskId): void {
  const matter = { what: "readiness", taskId } as const;
  const instance = draft.instance(taskId);
  const definition = instance && definitionOf(draft.state, instance);
  const check = readinessCheckOf(definition);
  if (instance === undefined || check === undefined || instance.state !== "running" || instance.killing) {
    return draft.setTimer(matter, undefined);
  }
  if (instance.readyAtMs !== undefined) return draft.setTimer(matter, undefined);
  probe(draft, {
    matter,
    instance,
    index: "readiness",
    check,
    request: (probeId) => requestOf(instance, definition, check, probeId),
  });
}

function requestOf(
  instance: Instance,
  definition: RunSpec | undefined,
  { portName, protocol, path, timeoutMs, preserveLastResponse }: ReadinessCheck,
  probeId: string,
): ProbeRequest | undefined {
  if (definition === undefined || isPod(definition)) return undefined;
  const portIndex = definition.ports.findIndex(({ name }) => name === portName);
  const target = targetOf(definition, instance, undefined, portIndex);
  if (target === undefined) return undefined;
  return { probeId, ...target, timeoutMs, protocol, path, withBody: preserveLastResponse };
}

export function takeReadiness(draft: Draft, taskId: TaskId, result: ProbeResult): void {
  const instance = draft.instance(taskId);
  const definition = instance && definitionOf(draft.state, instance);
  const check = readinessCheckOf(definition);
  if (instance === undefined || check === undefined || instance.state !== "running") return;
  const { response } = result;
  const ready = response !== undefined && check.readyStatuses.includes(response.status);
  // As Marathon shows an instance that does not answer at all.
  const answer = response ?? { status: 504, contentType: "text/plain", body: result.message };
  const readiness = { ready, lastResponse: check.preserveLastResponse ? answer : undefined };
  const health = draft.health(taskId) ?? { taskId, checks: [] };
  draft.put({ kind: "instance-health", id: taskId, value: { ...health, readiness } });
  if (!ready || instance.readyAtMs !== undefined) return;
  draft.setTimer({ what: "readiness", taskId }, undefined);
  draft.put({ kind: "instance", id: taskId, value: { ...instance, readyAtMs: draft.nowMs } });
}

/** Rules allow an app one, and a pod none. */
const readinessCheckOf = (definition: RunSpec | undefined): ReadinessCheck | undefined =>
  definition === undefined || isPod(definition) ? undefined : definition.readinessChecks?.[0];
