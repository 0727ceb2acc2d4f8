/**
 * How a pod does, as Marathon shows it: the pod, its instances, their containers and the containers' endpoints.
 *
 * What is healthy and what has failed is handed in; here it gets Marathon's words.
 */

import { formatTime } from "#base/time-text.ts";
import type { Berth } from "#model/berth.ts";
import {
  type CheckHealth,
  type Instance,
  type InstanceContainer,
  instanceIdOf,
  isOver,
  type TaskFailure,
} from "#model/instance.ts";
import {
  hostPortsOf,
  type Pod,
  type PodContainer,
  type PodDefinition,
  type PodEndpoint,
} from "#model/pod.ts";
import { fromMilli, type Milli, scalarNames } from "#model/resources.ts";
import type { TaskState } from "#model/task-state.ts";
import { taskStateNames } from "../mesos/task-state.ts";
import { formatUnreachable, type Json } from "./app-format.ts";
import { conditionNames } from "./event-format.ts";
import { formatPod, formatPodResources } from "./pod-format.ts";
import { formatCheckResult } from "./readiness-format.ts";
import { formatLocalVolumes } from "./task-format.ts";

export type PodInstanceView = {
  readonly instance: Instance;
  /** What it was launched from; undefined: no longer known. */
  readonly definition: PodDefinition | undefined;
  /** One for each of the pod's checks that has spoken, in their order. */
  readonly checks: readonly CheckHealth[];
  /** What it has reserved, if it has volumes of its own. */
  readonly berth: Berth | undefined;
};

export type PodView = {
  readonly pod: Pod;
  readonly instances: readonly PodInstanceView[];
  readonly failure: TaskFailure | undefined;
  /** A deployment takes it away. */
  readonly isEnding: boolean;
};

export function formatPodStatus(view: PodView, nowMs: number): Json {
  const { pod, failure } = view;
  const instances = view.instances.map(describeInstance);
  const sinceMs = instances.reduce((latest, one) => Math.max(latest, one.sinceMs), 0) || nowMs;
  const stable = instances.filter(({ status }) => status === "STABLE").length;
  return {
    id: pod.definition.id,
    spec: formatPod(pod),
    status: view.isEnding ? "TERMINAL" : stable >= pod.definition.instances ? "STABLE" : "DEGRADED",
    statusSince: formatTime(sinceMs),
    instances: instances.map(({ json }) => json),
    terminationHistory: failure === undefined ? [] : [formatTermination(failure)],
    lastUpdated: formatTime(nowMs),
    lastChanged: formatTime(sinceMs),
  };
}

type Described = { readonly status: string; readonly sinceMs: number; readonly json: Json };

function describeInstance({ instance, definition, checks, berth }: PodInstanceView): Described {
  const containers = instance.containers ?? [];
  const described = containers.map((container) => describeContainer(container, definition, checks));
  const [status, message] = statusOf(instance, described);
  const sinceMs = containers.reduce((latest, one) => Math.max(latest, one.sinceMs), instance.stagedAtMs);
  const since = formatTime(sinceMs);
  const json = {
    id: instanceIdOf(instance),
    status,
    statusSince: since,
    ...(message === undefined ? {} : { message }),
    agentHostname: instance.hostname,
    agentId: instance.agentId,
    ...formatDomain(instance),
    resources: sumResources(definition, containers),
    networks: formatNetworks(instance),
    containers: described.map((one) => one.json),
    localVolumes: formatLocalVolumes(berth),
    specReference: `/v2/pods${instance.appId}::versions/${instance.version}`,
    lastUpdated: since,
    lastChanged: since,
    role: berth?.role ?? definition?.role ?? "*",
  };
  return { status, sinceMs, json };
}

const formatDomain = ({ domain }: Instance): Json =>
  domain === undefined ? {} : { agentRegion: domain.region, agentZone: domain.zone };

/** On the host's network, where the host is. */
const formatNetworks = ({ address, networks }: Instance): readonly Json[] =>
  networks?.map(({ name, addresses }) => ({ name, addresses })) ??
  (address === undefined ? [] : [{ addresses: [address] }]);

function statusOf(
  instance: Instance,
  containers: readonly { readonly healthy: boolean | undefined }[],
): readonly [status: string, message?: string] {
  if (instance.killing !== undefined) return ["TERMINAL", instance.killing.reason];
  switch (instance.state) {
    case "staging":
    case "starting":
      return ["STAGING"];
    case "unreachable":
      return ["DEGRADED", "pod instance has become unreachable"];
    case "running":
      return containers.some(({ healthy }) => healthy === false)
        ? ["DEGRADED", "at least one container is not healthy"]
        : ["STABLE"];
    default:
      return ["TERMINAL"];
  }
}

type DescribedContainer = { readonly healthy: boolean | undefined; readonly json: Json };

function describeContainer(
  container: InstanceContainer,
  definition: PodDefinition | undefined,
  checks: readonly CheckHealth[],
): DescribedContainer {
  const spec = definition?.containers.find(({ name }) => name === container.name);
  const since = formatTime(container.startedAtMs ?? container.sinceMs);
  const alive = definition && aliveOf(definition, container.name, checks);
  const isJudged = spec?.healthCheck !== undefined && isHealthShown(container.state);
  const json = {
    name: container.name,
    status: taskStateNames[container.state],
    statusSince: formatTime(container.sinceMs),
    ...(container.end === undefined || container.end.message === ""
      ? {}
      : { message: container.end.message }),
    conditions: isJudged ? [formatCondition(alive, since)] : [],
    ...(container.checkResult === undefined ? {} : { checkResult: formatCheckResult(container.checkResult) }),
    containerId: container.taskId,
    endpoints: spec === undefined || isOver(container.state) ? [] : formatEndpoints(spec, container, alive),
    ...(spec === undefined || isOver(container.state) ? {} : { resources: formatPodResources(spec) }),
    ...(container.end === undefined ? {} : { termination: formatEnd(container) }),
    lastUpdated: since,
    lastChanged: since,
  };
  return { healthy: isJudged ? (alive ?? false) : undefined, json };
}

/** Of one that never ran there is nothing to say. */
const isHealthShown = (state: TaskState): boolean => state !== "staging" && state !== "starting";

function aliveOf(
  { containers }: PodDefinition,
  name: string,
  checks: readonly CheckHealth[],
): boolean | undefined {
  const checked = containers.filter(({ healthCheck }) => healthCheck !== undefined);
  return checks[checked.findIndex((container) => container.name === name)]?.alive;
}

const formatCondition = (alive: boolean | undefined, since: string): Json => ({
  name: "healthy",
  value: String(alive ?? false),
  reason: alive === undefined ? "health-unreported-by-mesos" : "health-reported-by-mesos",
  lastChanged: since,
  lastUpdated: since,
});

function formatEndpoints(
  spec: PodContainer,
  container: InstanceContainer,
  alive: boolean | undefined,
): readonly Json[] {
  const { healthCheck } = spec;
  const checked = healthCheck?.kind === "local" ? spec.endpoints[healthCheck.check.portIndex] : undefined;
  const named = hostPortsOf(spec).map(({ name }, index) => [name, container.ports[index]] as const);
  const hostPorts = new Map(named);
  return spec.endpoints.map((endpoint: PodEndpoint) => ({
    name: endpoint.name,
    ...(hostPorts.get(endpoint.name) === undefined
      ? {}
      : { allocatedHostPort: hostPorts.get(endpoint.name) }),
    ...(endpoint === checked && alive !== undefined ? { healthy: alive } : {}),
  }));
}

/** With what the executor takes; of containers that ended, nothing. */
function sumResources(definition: PodDefinition | undefined, containers: readonly InstanceContainer[]): Json {
  const live = new Set(containers.filter(({ state }) => !isOver(state)).map(({ name }) => name));
  const parts: readonly Partial<Record<(typeof scalarNames)[number], Milli>>[] =
    definition === undefined
      ? []
      : [definition.executorResources, ...definition.containers.filter(({ name }) => live.has(name))];
  return Object.fromEntries(
    scalarNames.map((name) => {
      const sum = parts.reduce((total, part) => total + (part[name] ?? 0), 0);
      return [name, fromMilli(sum as Milli)];
    }),
  );
}

const formatEnd = ({ end }: InstanceContainer): Json => ({
  ...(end?.exitCode === undefined ? {} : { exitCode: end.exitCode }),
  message: end?.message ?? "",
});

const formatTermination = (failure: TaskFailure): Json => ({
  instanceID: instanceIdOf(failure),
  startedAt: formatTime(failure.startedAtMs ?? failure.timestampMs),
  terminatedAt: formatTime(failure.timestampMs),
  message: failure.message,
  containers: (failure.containers ?? []).map((container) => ({
    containerId: container.taskId,
    lastKnownState: taskStateNames[container.state],
    ...(container.end === undefined ? {} : { termination: formatEnd(container) }),
  })),
});

/** As what kills instances answers. */
export function formatKilledInstance({ instance, definition }: PodInstanceView): Json {
  const { agentId, hostname, version, stagedAtMs, startedAtMs, containers = [] } = instance;
  const sinceMs = containers.reduce((latest, one) => Math.max(latest, one.sinceMs), stagedAtMs);
  const strategy = definition?.unreachableStrategy;
  return {
    instanceId: instanceIdOf(instance),
    state: {
      condition: conditionNames[instance.state],
      since: formatTime(sinceMs),
      ...(startedAtMs === undefined ? {} : { activeSince: formatTime(startedAtMs) }),
      goal: "Stopped",
    },
    agentInfo: { host: hostname, agentId, ...formatAgentDomain(instance), attributes: [] },
    runSpecVersion: version,
    ...(strategy === undefined ? {} : { unreachableStrategy: formatUnreachable(strategy) }),
  };
}

const formatAgentDomain = ({ domain }: Instance): Json =>
  domain === undefined ? {} : { region: domain.region, zone: domain.zone };
