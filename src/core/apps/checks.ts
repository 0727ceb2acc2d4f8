/**
 * Health checks: probes from here for TCP and HTTP, reports from the agent for the one that it makes.
 *
 * Failures do not count before the first success within the grace period. After enough of them in a row
 * the instance is killed, unless the app says never (0). For its own check the agent kills.
 */

import { equalValues } from "#base/equal.ts";
import type { HealthCheck, NetworkCheck } from "#model/app.ts";
import type { TaskId } from "#model/ids.ts";
import type { CheckHealth, Instance, TaskFailure } from "#model/instance.ts";
import { checkIndexOf, healthChecksOf, isPod, type RunSpec } from "#model/pod.ts";
import type { CheckResult, TaskStatus } from "#model/task.ts";
import type { ProbeRequest, ProbeResult } from "#ports/probes.ts";
import { healthOf } from "./condition.ts";
import type { Draft } from "./draft.ts";
import { killInstance } from "./instances.ts";
import { probe, takeProbe, targetOf } from "./probing.ts";
import { scheduleReadiness, takeReadiness } from "./readiness.ts";
import { definitionOf } from "./state.ts";

/** Starts the instance's probes: at once, or (when many begin together) somewhere within their interval. */
export function scheduleChecks(draft: Draft, instance: Instance, when: "now" | "spread"): void {
  const { taskId } = instance;
  checksOf(definitionOf(draft.state, instance)).forEach(({ kind, check }, index) => {
    if (kind !== "network") return;
    const delayMs = when === "now" ? 0 : draft.chance.below(Math.min(check.intervalMs, 60_000));
    draft.setTimer({ what: "check", taskId, index }, draft.nowMs + delayMs);
  });
  // Health is not stored: of what finished before a restart nobody will tell again.
  for (const container of instance.containers ?? [])
    if (container.state === "finished") passCheck(draft, instance, container.taskId);
  scheduleReadiness(draft, instance);
}

/** The timer of one check: probes, and sets the time for the next. */
export function lookAfterCheck(draft: Draft, taskId: TaskId, index: number): void {
  const matter = { what: "check", taskId, index } as const;
  const instance = draft.instance(taskId);
  const definition = instance && definitionOf(draft.state, instance);
  const check = definition && networkCheckOf(definition, index);
  // One that is unreachable is checked again when it is back.
  if (instance === undefined || definition === undefined || check === undefined)
    return draft.setTimer(matter, undefined);
  if (instance.state !== "running" || instance.killing) return draft.setTimer(matter, undefined);
  probe(draft, {
    matter,
    instance,
    index,
    check,
    request: (id) => probeRequest(definition, instance, check, id),
  });
}

function probeRequest(
  definition: RunSpec,
  instance: Instance,
  check: NetworkCheck,
  probeId: string,
): ProbeRequest | undefined {
  const target = targetOf(definition, instance, check.port, check.portIndex);
  if (target === undefined) return undefined;
  const { timeoutMs } = check;
  return check.protocol === "tcp"
    ? { probeId, ...target, timeoutMs, protocol: "tcp" }
    : { probeId, ...target, timeoutMs, protocol: check.protocol, path: check.path };
}

export function takeProbeResult(draft: Draft, result: ProbeResult): void {
  const answered = takeProbe(draft, result.probeId);
  if (answered === undefined) return;
  const { taskId, index } = answered;
  if (index === "readiness") return takeReadiness(draft, taskId, result);
  const instance = draft.instance(taskId);
  const definition = instance && definitionOf(draft.state, instance);
  if (instance === undefined || definition === undefined || instance.state !== "running") return;
  const check = networkCheckOf(definition, index);
  if (check === undefined) return;

  if (check.ignoresInformational === true && isInformational(result)) return;
  const before = checkHealth(draft, taskId, index);
  const graceEndsAtMs = (instance.startedAtMs ?? instance.stagedAtMs) + check.gracePeriodMs;
  if (!result.ok && before.firstSuccessAtMs === undefined && draft.nowMs < graceEndsAtMs) return;
  const after = judge(before, result.ok, result.message, draft.nowMs);
  if (!result.ok) draft.publish({ type: "check-failed", instance, check: { kind: "network", check } });
  putHealth(draft, instance, definition, index, after);
  const { maxConsecutiveFailures } = check;
  if (maxConsecutiveFailures === 0 || after.consecutiveFailures < maxConsecutiveFailures) return;
  if (instance.killing !== undefined) return;
  draft.publish({ type: "unhealthy-kill", instance, reason: result.message });
  if (draft.service(instance.appId) !== undefined) {
    draft.put({ kind: "task-failure", id: instance.appId, value: failureOf(instance, result, draft.nowMs) });
  }
  killInstance(draft, instance, `unhealthy: ${result.message}`);
}

const isInformational = ({ response }: ProbeResult): boolean =>
  response !== undefined && response.status >= 100 && response.status < 200;

/** Said at once: of a task that is killed, its end says no more than that. */
const failureOf = (instance: Instance, { message }: ProbeResult, timestampMs: number): TaskFailure => {
  const { appId, taskId, hostname, agentId, version } = instance;
  const sentence = `Task was killed since health check failed. Reason: ${message}`;
  return { appId, taskId, state: "killed", message: sentence, hostname, agentId, version, timestampMs };
};

/** What the app's check by the agent last found; it decides nothing. */
export function takeCheckResult(draft: Draft, { taskId }: Instance, check: CheckResult): void {
  const before = draft.health(taskId);
  if (equalValues(before?.check, check)) return;
  draft.put({
    kind: "instance-health",
    id: taskId,
    value: { ...(before ?? { taskId, checks: [] }), check },
  });
}

/** The agent tells how its own check went: each failure, and the first success after none or after failures. */
export function takeHealthStatus(draft: Draft, instance: Instance, status: TaskStatus): void {
  const definition = definitionOf(draft.state, instance);
  if (definition === undefined || status.healthy === undefined) return;
  const index = agentCheckIndex(definition, instance, status.taskId);
  if (index === undefined) return;
  const before = checkHealth(draft, instance.taskId, index);
  // Reconciliation tells again what is known.
  if (before.alive === status.healthy && status.reason !== "health-check-status-updated") return;
  putHealth(draft, instance, definition, index, judge(before, status.healthy, status.message, draft.nowMs));
}

/** A container has done its work, which nothing can be said against. */
export function passCheck(draft: Draft, instance: Instance, taskId: TaskId): void {
  const definition = definitionOf(draft.state, instance);
  const index = definition && agentCheckIndex(definition, instance, taskId);
  if (definition === undefined || index === undefined) return;
  const before = checkHealth(draft, instance.taskId, index);
  if (before.alive !== true) putHealth(draft, instance, definition, index, { ...before, alive: true });
}

/** Which of the checks is the one that the agent makes of this task. */
function agentCheckIndex(definition: RunSpec, instance: Instance, taskId: TaskId): number | undefined {
  if (isPod(definition)) {
    const name = instance.containers?.find((container) => container.taskId === taskId)?.name;
    return name === undefined ? undefined : checkIndexOf(definition, name);
  }
  const index = definition.healthChecks.findIndex(({ kind }) => kind !== "network");
  return index < 0 ? undefined : index;
}

function networkCheckOf(definition: RunSpec, index: number): NetworkCheck | undefined {
  const healthCheck = healthChecksOf(definition)[index];
  return healthCheck?.kind === "network" ? healthCheck.check : undefined;
}

const checksOf = (definition: RunSpec | undefined): readonly HealthCheck[] =>
  definition === undefined ? [] : healthChecksOf(definition);

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
  definition: RunSpec,
  index: number,
  check: CheckHealth,
): void {
  const { taskId } = instance;
  const before = draft.health(taskId);
  const checks = healthChecksOf(definition).map((_, at) =>
    at === index ? check : (before?.checks[at] ?? unchecked),
  );
  const after = { ...before, taskId, checks };
  draft.put({ kind: "instance-health", id: taskId, value: after });
  const healthy = healthOf(definition, after);
  if (healthy === undefined || healthy === healthOf(definition, before)) return;
  draft.publish({ type: "instance-health", instance, healthy });
}
