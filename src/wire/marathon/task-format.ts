/**
 * Instances of apps as Marathon's tasks, with their health and the counts that are made of them.
 */

import { formatTime } from "#base/time-text.ts";
import type { AppDefinition } from "#model/app.ts";
import { type Berth, volumesOf } from "#model/berth.ts";
import type { CheckHealth, Instance, TaskFailure } from "#model/instance.ts";
import type { Resource } from "#model/resource.ts";
import { defaultRole } from "#model/role.ts";
import { taskStateNames } from "../mesos/task-state.ts";
import type { Json } from "./app-format.ts";

/** `checks`: one entry for each of the app's health checks, in order; empty without checks. */
export function formatTask(
  instance: Instance,
  app: AppDefinition | undefined,
  checks: readonly CheckHealth[],
  berth?: Berth,
): Json {
  const { startedAtMs } = instance;
  return {
    id: instance.taskId,
    appId: instance.appId,
    slaveId: instance.agentId,
    host: instance.hostname,
    state: taskStateNames[instance.state],
    ports: instance.ports,
    servicePorts: app?.ports.map(({ servicePort }) => servicePort) ?? [],
    ipAddresses: formatAddresses(instance),
    localVolumes: formatLocalVolumes(berth),
    stagedAt: formatTime(instance.stagedAtMs),
    ...(startedAtMs === undefined ? {} : { startedAt: formatTime(startedAtMs) }),
    version: instance.version,
    role: berth?.role ?? app?.role ?? defaultRole,
    ...((app?.healthChecks.length ?? 0) === 0
      ? {}
      : { healthCheckResults: checks.filter(hasResult).map((check) => formatResult(check, instance)) }),
  };
}

export const formatLocalVolumes = (berth: Berth | undefined): readonly Json[] =>
  berth === undefined ? [] : volumesOf(berth).map((volume) => formatLocalVolume(berth, volume));

/** The last part of its name makes it its own. */
function formatLocalVolume({ appId }: Berth, { disk }: Resource): Json {
  const persistenceId = disk?.persistence?.id ?? "";
  return {
    runSpecId: appId,
    containerPath: disk?.volume?.containerPath ?? "",
    uuid: persistenceId.slice(persistenceId.lastIndexOf("#") + 1),
    persistenceId,
  };
}

/** Its own in each of its networks, or else its host's. */
export const formatAddresses = ({ address, networks }: Instance): readonly Json[] =>
  (networks?.flatMap(({ addresses }) => addresses) ?? (address === undefined ? [] : [address])).map(
    (each) => ({
      ipAddress: each,
      protocol: protocolOf(each),
    }),
  );

const protocolOf = (address: string): string => (address.includes(":") ? "IPv6" : "IPv4");

const hasResult = (check: CheckHealth): boolean => check.alive !== undefined;

function formatResult(check: CheckHealth, instance: Instance): Json {
  const { firstSuccessAtMs, lastSuccessAtMs, lastFailureAtMs, lastFailureCause } = check;
  return {
    alive: check.alive ?? false,
    consecutiveFailures: check.consecutiveFailures,
    ...(firstSuccessAtMs === undefined ? {} : { firstSuccess: formatTime(firstSuccessAtMs) }),
    ...(lastSuccessAtMs === undefined ? {} : { lastSuccess: formatTime(lastSuccessAtMs) }),
    ...(lastFailureAtMs === undefined ? {} : { lastFailure: formatTime(lastFailureAtMs) }),
    ...(lastFailureCause === undefined ? {} : { lastFailureCause }),
    instanceId: instanceIdOf(instance),
  };
}

/** A task's id is its instance's and, after it, which of the instance's tasks it is. */
export const instanceIdOf = ({ taskId }: Instance): string => taskId.replace(/\._app\.\d+$/, "");

export type TaskCounts = {
  readonly tasksStaged: number;
  readonly tasksRunning: number;
  readonly tasksHealthy: number;
  readonly tasksUnhealthy: number;
};

export type InstanceHealthView = {
  readonly instance: Instance;
  /** Undefined without checks, and until they have spoken. */
  readonly healthy: boolean | undefined;
};

export function countTasks(list: readonly InstanceHealthView[]): TaskCounts {
  let tasksStaged = 0;
  let tasksRunning = 0;
  let tasksHealthy = 0;
  let tasksUnhealthy = 0;
  for (const { instance, healthy } of list) {
    if (instance.state === "staging" || instance.state === "starting") tasksStaged += 1;
    if (instance.state !== "running") continue;
    tasksRunning += 1;
    if (healthy === true) tasksHealthy += 1;
    if (healthy === false) tasksUnhealthy += 1;
  }
  return { tasksStaged, tasksRunning, tasksHealthy, tasksUnhealthy };
}

export const formatTaskFailure = (failure: TaskFailure): Json => ({
  appId: failure.appId,
  host: failure.hostname,
  message: failure.message,
  state: taskStateNames[failure.state],
  taskId: failure.taskId,
  timestamp: formatTime(failure.timestampMs),
  version: failure.version,
  slaveId: failure.agentId,
});
