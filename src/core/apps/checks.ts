/**
 * Health checks: probes from here for TCP and HTTP, reports from the agent for the one that it makes.
 *
 * Failures do not count before the first success within the grace period. After enough of them in a row
 * the instance is killed, unless the app says never (0). For its own check the agent kills.
 */

import { limits } from "#base/limits.ts";
import type { AppDefinition, NetworkCheck } from "#model/app.ts";
import type { TaskId } from "#model/ids.ts";
import type { CheckHealth, Instance, TaskFailure } from "#model/instance.ts";
import type { TaskStatus } from "#model/task.ts";
import type { ProbeRequest, ProbeResult } from "#ports/probes.ts";
import { healthOf } from "./condition.ts";
import type { Draft } from "./draft.ts";
import { killInstance } from "./instances.ts";
import { definitionOf } from "./state.ts";

/** At most; drawn, so that those that had to wait do not all come back together. */
const busyRetryMs = 1_000;

/** Starts the instance's probes: at once, or (when many begin together) somewhere within their interval. */
export function scheduleChecks(draft: Draft, instance: Instance, when: "now" | "spread"): void {
  const { taskId } = instance;
  definitionOf(draft.state, instance)?.healthChecks.forEach(({ kind, check }, index) => {
    if (kind !== "network") return;
    const delayMs = when === "now" ? 0 : draft.chance.below(Math.min(check.intervalMs, 60_000));
    draft.setTimer({ what: "check", taskId, index }, draft.nowMs + delayMs);
  });
}

/** The timer of one check: probes, and sets the time for the next. */
export function lookAfterCheck(draft: Draft, taskId: TaskId, index: number): void {
  const matter = { what: "check", taskId, index } as const;
  const instance = draft.instance(taskId);
  const definition = instance && definitionOf(draft.state, instance);
  const check = definition && networkCheckOf(definition, index);
  // One that is unreachable is checked again when it is back.
  if (instance === undefined || check === undefined || instance.state !== "running" || instance.killing) {
    return draft.setTimer(matter, undefined);
  }
  const probeId = `${taskId}:${index}`;
  const inFlight = draft.state.probes.get(probeId);
  if (inFlight !== undefined && draft.nowMs < inFlight.sentAtMs + 2 * check.timeoutMs) {
    return draft.setTimer(matter, draft.nowMs + check.intervalMs);
  }
  if (draft.probesInFlight >= limits.probesInFlightMax) {
    return draft.setTimer(matter, draft.nowMs + 1 + draft.chance.below(busyRetryMs));
  }
  draft.setTimer(matter, draft.nowMs + check.intervalMs);
  const request = probeRequest(instance, check, `${probeId}:${draft.nowMs}`);
  if (request === undefined) return;
  draft.put({ kind: "apps-probe", id: probeId, value: { taskId, index, sentAtMs: draft.nowMs } });
  draft.effect({ type: "probe", request });
}

function probeRequest(instance: Instance, check: NetworkCheck, probeId: string): ProbeRequest | undefined {
  const port = check.port ?? instance.ports[check.portIndex];
  if (port === undefined) return undefined;
  const target = {
    probeId,
    address: instance.address ?? instance.hostname,
    port,
    timeoutMs: check.timeoutMs,
  };
  return check.protocol === "tcp"
    ? { ...target, protocol: "tcp" }
    : { ...target, protocol: check.protocol, path: check.path };
}

export function takeProbeResult(draft: Draft, result: ProbeResult): void {
  const cut = result.probeId.lastIndexOf(":");
  const probeId = result.probeId.slice(0, cut);
  const probe = draft.state.probes.get(probeId);
  if (probe === undefined || String(probe.sentAtMs) !== result.probeId.slice(cut + 1)) return;
  draft.put({ kind: "apps-probe", id: probeId, value: undefined });
  const instance = draft.instance(probe.taskId);
  const definition = instance && definitionOf(draft.state, instance);
  if (instance === undefined || definition === undefined || instance.state !== "running") return;
  const check = networkCheckOf(definition, probe.index);
  if (check === undefined) return;

  const before = checkHealth(draft, instance.taskId, probe.index);
  const graceEndsAtMs = (instance.startedAtMs ?? instance.stagedAtMs) + check.gracePeriodMs;
  if (!result.ok && before.firstSuccessAtMs === undefined && draft.nowMs < graceEndsAtMs) return;
  const after = judge(before, result.ok, result.message, draft.nowMs);
  if (!result.ok) draft.publish({ type: "check-failed", instance, check: { kind: "network", check } });
  putHealth(draft, instance, definition, probe.index, after);
  const { maxConsecutiveFailures } = check;
  if (maxConsecutiveFailures === 0 || after.consecutiveFailures < maxConsecutiveFailures) return;
  if (instance.killing !== undefined) return;
  draft.publish({ type: "unhealthy-kill", instance, reason: result.message });
  if (draft.app(instance.appId) !== undefined) {
    draft.put({ kind: "task-failure", id: instance.appId, value: failureOf(instance, result, draft.nowMs) });
  }
  killInstance(draft, instance, `unhealthy: ${result.message}`);
}

/** Said at once: of a task that is killed, its end says no more than that. */
const failureOf = (instance: Instance, { message }: ProbeResult, timestampMs: number): TaskFailure => {
  const { appId, taskId, hostname, agentId, version } = instance;
  const sentence = `Task was killed since health check failed. Reason: ${message}`;
  return { appId, taskId, state: "killed", message: sentence, hostname, agentId, version, timestampMs };
};

/** The agent tells how its own check went: each failure, and the first success after none or after failures. */
export function takeHealthStatus(draft: Draft, instance: Instance, status: TaskStatus): void {
  const definition = definitionOf(draft.state, instance);
  if (definition === undefined || status.healthy === undefined) return;
  const index = definition.healthChecks.findIndex(({ kind }) => kind !== "network");
  if (index < 0) return;
  const before = checkHealth(draft, instance.taskId, index);
  // Reconciliation tells again what is known.
  if (before.alive === status.healthy && status.reason !== "health-check-status-updated") return;
  putHealth(draft, instance, definition, index, judge(before, status.healthy, status.message, draft.nowMs));
}

function networkCheckOf(definition: AppDefinition, index: number): NetworkCheck | undefined {
  const healthCheck = definition.healthChecks[index];
  return healthCheck?.kind === "network" ? healthCheck.check : undefined;
}

const unchecked: CheckHealth = {
  alive: undefined,
  consecutiveFailures: 0,
  firstSuccessAtMs: undefined,
  lastSuccessAtMs: undefined,
  lastFailureAtMs: undefined,
  lastFailureCause: undefined,
};

const checkHealth = (draft: Draft, taskId: TaskId, index: number): CheckHealth =>
  draft.health(taskId)?.checks[index] ?? unchecked;

const judge = (before: CheckHealth, ok: boolean, message: string, nowMs: number): CheckHealth =>
  ok
    ? {
        ...before,
        alive: true,
        consecutiveFailures: 0,
        firstSuccessAtMs: before.firstSuccessAtMs ?? nowMs,
        lastSuccessAtMs: nowMs,
      }
    : {
        ...before,
        alive: false,
        consecutiveFailures: before.consecutiveFailures + 1,
        lastFailureAtMs: nowMs,
        lastFailureCause: message,
      };

function putHealth(
  draft: Draft,
  instance: Instance,
  definition: AppDefinition,
  index: number,
  check: CheckHealth,
): void {
  const { taskId } = instance;
  const before = draft.health(taskId);
  const checks = definition.healthChecks.map((_, at) =>
    at === index ? check : (before?.checks[at] ?? unchecked),
  );
  const after = { taskId, checks };
  draft.put({ kind: "instance-health", id: taskId, value: after });
  const healthy = healthOf(definition, after);
  if (healthy === undefined || healthy === healthOf(definition, before)) return;
  draft.publish({ type: "instance-health", instance, healthy });
}
