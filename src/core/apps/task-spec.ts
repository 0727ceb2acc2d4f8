/**
 * From an app and a place found for it to a task, and to the instance that stands for it.
 */

import { present } from "#base/assert.ts";
import type { Chance } from "#base/random.ts";
import type { App, AppDefinition, LocalCheck } from "#model/app.ts";
import type { AppId, TaskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { Offer } from "#model/offer.ts";
import type { AppCheck } from "#model/readiness.ts";
import type { Resources } from "#model/resources.ts";
import type { CommandSpec, HealthTimes, Probe, TaskCheck, TaskHealthCheck, TaskSpec } from "#model/task.ts";
import { discoveredPorts, networkOf, placePorts } from "./app-ports.ts";
import { containerOf } from "./task-container.ts";
import { taskEnvironment } from "./task-env.ts";

/** Mesos's own, for apps that name none. */
export const defaultKillGraceMs = 3_000;

/** What an instance's names are made of: `group_app.instance-<uuid>._app.1`, the form of Marathon 1.11. */
export const newInstanceName = (id: AppId, chance: Chance) => ({
  stem: id.slice(1).replaceAll("/", "_"),
  uuid: chance.uuid(),
});

export function buildTask(
  app: App,
  task: TaskId,
  offer: Offer,
  ports: readonly number[],
  resources: Resources,
): TaskSpec {
  const { definition } = app;
  const places = placePorts(definition, ports);
  const listening = places.map(({ listenPort }) => listenPort);
  const network = networkOf(definition, places);
  return {
    taskId: task,
    name: definition.id.slice(1).split("/").reverse().join("."),
    agentId: offer.agentId,
    resources,
    ...containerOf(definition, resources, network),
    ...(definition.artifacts === undefined ? {} : { artifacts: definition.artifacts }),
    command: commandOf(definition),
    user: definition.user,
    workingDirectory: definition.workingDirectory,
    env: taskEnvironment(app, task, offer.agent.hostname, places),
    labels: definition.labels,
    ports: discoveredPorts(definition, places),
    killGraceMs: definition.killGraceMs ?? defaultKillGraceMs,
    healthCheck: agentCheckOf(definition, listening),
    ...(definition.check === undefined ? {} : { check: taskCheck(definition.check, listening) }),
  };
}

/** In an image, arguments alone are those of its entry point. */
function commandOf({ command, root }: AppDefinition): CommandSpec {
  if (root.kind !== "image") return present(command, "an app's rules ask for a command");
  if (command?.kind === "shell") return command;
  return { kind: "entrypoint", arguments: command?.argv ?? [] };
}

export const buildInstance = (
  app: App,
  task: TaskId,
  offer: Offer,
  ports: readonly number[],
  nowMs: number,
): Instance => ({
  taskId: task,
  appId: app.definition.id,
  version: app.version,
  agentId: offer.agentId,
  agentName: offer.agent.name,
  hostname: offer.agent.hostname,
  address: undefined,
  ports,
  state: "staging",
  stagedAtMs: nowMs,
  startedAtMs: undefined,
  unreachableAtMs: undefined,
  killing: undefined,
});

/** The one that the agent makes, if there is one. */
function agentCheckOf(app: AppDefinition, ports: readonly number[]): TaskHealthCheck | undefined {
  for (const { kind, check } of app.healthChecks) {
    if (kind === "command") return check;
    if (kind === "local") return localCheck(check, ports);
  }
  return undefined;
}

export function taskCheck(check: AppCheck, ports: readonly (number | undefined)[]): TaskCheck {
  const { delayMs, intervalMs, timeoutMs } = check;
  const times = { delayMs, intervalMs, timeoutMs };
  if (check.kind === "command") return { command: check.command, ...times };
  const port = present(check.port ?? ports[check.portIndex], "an app's rules ask for the port of a check");
  const family = "IPv4";
  return check.kind === "tcp"
    ? { tcp: { port, family }, ...times }
    : { http: { scheme: "http", port, path: check.path, family }, ...times };
}

export function localCheck(check: LocalCheck, ports: readonly (number | undefined)[]): TaskHealthCheck {
  const { delayMs, intervalMs, timeoutMs, gracePeriodMs, maxConsecutiveFailures, protocol, family } = check;
  const port = present(check.port ?? ports[check.portIndex], "an app's rules ask for the port of a check");
  const probe: Probe =
    protocol === "tcp"
      ? { tcp: { port, family } }
      : { http: { scheme: protocol, port, path: check.path, family } };
  const times: HealthTimes = { delayMs, intervalMs, timeoutMs, gracePeriodMs, maxConsecutiveFailures };
  return { ...probe, ...times };
}
