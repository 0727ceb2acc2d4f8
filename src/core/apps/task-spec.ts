/**
 * From an app and a place found for it to a task, and to the instance that stands for it.
 */

import { present } from "#base/assert.ts";
import type { Chance } from "#base/random.ts";
import type { App, AppDefinition } from "#model/app.ts";
import { type AppId, type TaskId, taskId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import type { Offer } from "#model/offer.ts";
import type { Resources } from "#model/resources.ts";
import type { CommandCheck, TaskSpec } from "#model/task.ts";
import { taskEnvironment } from "./task-env.ts";

/** Mesos's own, for apps that name none. */
const defaultKillGraceMs = 3_000;

/** `group_app.instance-<uuid>._app.1`, the form of Marathon 1.11. */
export const newTaskId = (id: AppId, chance: Chance): TaskId =>
  taskId(`${id.slice(1).replaceAll("/", "_")}.instance-${chance.uuid()}._app.1`);

export function buildTask(
  app: App,
  task: TaskId,
  offer: Offer,
  ports: readonly number[],
  resources: Resources,
): TaskSpec {
  const { definition } = app;
  return {
    taskId: task,
    name: definition.id.slice(1).split("/").reverse().join("."),
    agentId: offer.agentId,
    resources,
    limits: definition.limits,
    command: present(definition.command, "an app's rules ask for a command"),
    root: definition.root,
    user: definition.user,
    workingDirectory: definition.workingDirectory,
    env: taskEnvironment(app, task, offer.agent.hostname, ports),
    labels: definition.labels,
    ports: ports.map((number, index) => ({
      number,
      name: definition.ports[index]?.name,
      protocol: definition.ports[index]?.protocol ?? "tcp",
    })),
    killGraceMs: definition.killGraceMs ?? defaultKillGraceMs,
    healthCheck: commandCheckOf(definition),
  };
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

function commandCheckOf(app: AppDefinition): CommandCheck | undefined {
  for (const healthCheck of app.healthChecks) if (healthCheck.kind === "command") return healthCheck.check;
  return undefined;
}
