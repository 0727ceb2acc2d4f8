/**
 * Pods on their way out: always the canonical fields, whatever came in.
 *
 * `parsePod(formatPod(pod))` is the same definition again.
 */

import type { Pod, PodContainer, PodDefinition, PodEndpoint, PodHealthCheck, PodVolume } from "#model/pod.ts";
import { fromMilli } from "#model/resources.ts";
import type { OwnCommand } from "#model/task.ts";
import { formatArtifact, formatLimits, formatUnreachable, type Json } from "./app-format.ts";
import { formatConstraintObjects } from "./constraints.ts";
import { formatLinux } from "./container-wishes.ts";
import { formatWish } from "./persistent-volumes.ts";
import { formatPodCheck } from "./pod-checks.ts";
import { formatSecretEnv, formatSecrets } from "./secrets-parse.ts";

/** As `GET /v2/pods/{id}` and its versions show it. */
export const formatPod = ({ definition, version }: Pod): Json => ({
  ...formatPodDefinition(definition),
  version,
});

export function formatPodDefinition(pod: PodDefinition): Json {
  const { cpus, mem, disk } = pod.executorResources;
  return {
    id: pod.id,
    ...orNothing("labels", pod.labels),
    ...(pod.user === undefined ? {} : { user: pod.user }),
    ...orNothing("environment", { ...pod.env, ...formatSecretEnv(pod) }),
    ...formatSecrets(pod),
    containers: pod.containers.map(formatContainer),
    ...(pod.volumes.length === 0 ? {} : { volumes: pod.volumes.map(formatVolume) }),
    ...(pod.networks.length === 0 ? {} : { networks: pod.networks.map(formatNetwork) }),
    scaling: { kind: "fixed", instances: pod.instances },
    scheduling: formatScheduling(pod),
    executorResources: { cpus: fromMilli(cpus), mem: fromMilli(mem), disk: fromMilli(disk) },
    role: pod.role ?? "*",
  };
}

/** Marathon leaves out what is empty. */
const orNothing = (name: string, members: Readonly<Record<string, unknown>>): Json =>
  Object.keys(members).length === 0 ? {} : { [name]: members };

function formatScheduling(pod: PodDefinition): Json {
  const { constraints = [], acceptedResourceRoles: roles } = pod;
  const placement = {
    ...(constraints.length === 0 ? {} : { constraints: formatConstraintObjects(constraints) }),
    ...(roles.length === 0 ? {} : { acceptedResourceRoles: roles }),
  };
  return {
    backoff: {
      backoff: pod.backoff.initialMs / 1000,
      backoffFactor: pod.backoff.factor,
      maxLaunchDelay: pod.backoff.maxMs / 1000,
    },
    upgrade: pod.upgradeStrategy,
    ...orNothing("placement", placement),
    killSelection: pod.killSelection === "youngest-first" ? "YOUNGEST_FIRST" : "OLDEST_FIRST",
    unreachableStrategy: formatUnreachable(pod.unreachableStrategy),
  };
}

function formatContainer(container: PodContainer): Json {
  const { command, overrideEntrypoint, artifacts = [], healthCheck, killGraceMs } = container;
  return {
    name: container.name,
    ...(command === undefined
      ? {}
      : {
          exec: {
            command: formatCommand(command),
            ...(overrideEntrypoint === undefined ? {} : { overrideEntrypoint }),
          },
        }),
    resources: formatPodResources(container),
    ...formatLimits(container.limits),
    ...(container.endpoints.length === 0 ? {} : { endpoints: container.endpoints.map(formatEndpoint) }),
    ...formatImage(container),
    ...orNothing("environment", { ...container.env, ...formatSecretEnv(container) }),
    ...(container.user === undefined ? {} : { user: container.user }),
    ...(healthCheck === undefined ? {} : { healthCheck: formatHealthCheck(healthCheck, container) }),
    ...(container.volumeMounts.length === 0 ? {} : { volumeMounts: container.volumeMounts }),
    ...(artifacts.length === 0 ? {} : { artifacts: artifacts.map(formatArtifact) }),
    ...orNothing("labels", container.labels),
    ...(container.tty === true ? { tty: true } : {}),
    ...formatLinux(container.settings ?? {}),
    ...formatPodCheck(container),
    ...(killGraceMs === undefined ? {} : { lifecycle: { killGracePeriodSeconds: killGraceMs / 1000 } }),
  };
}

export const formatPodResources = ({
  cpus,
  mem,
  disk,
  gpus,
}: Pick<PodContainer, "cpus" | "mem" | "disk" | "gpus">): Json => ({
  cpus: fromMilli(cpus),
  mem: fromMilli(mem),
  disk: fromMilli(disk),
  gpus: fromMilli(gpus),
});

const formatCommand = (command: OwnCommand): Json =>
  command.kind === "shell" ? { shell: command.text } : { argv: command.argv };

function formatImage({ root, pullSecret }: PodContainer): Json {
  if (root.kind === "host") return {};
  const image =
    root.kind === "file"
      ? { id: `file://${root.path}` }
      : { id: root.reference, ...(root.forcePull ? { forcePull: true } : {}) };
  const pull = pullSecret === undefined ? {} : { pullConfig: { secret: pullSecret } };
  return { image: { kind: "DOCKER", ...image, ...pull } };
}

const formatEndpoint = (endpoint: PodEndpoint): Json => ({
  name: endpoint.name,
  ...(endpoint.containerPort === undefined ? {} : { containerPort: endpoint.containerPort }),
  ...(endpoint.hostPort === undefined ? {} : { hostPort: endpoint.hostPort }),
  ...(endpoint.protocols.length === 0 ? {} : { protocol: endpoint.protocols }),
  ...orNothing("labels", endpoint.labels),
  ...(endpoint.networkNames.length === 0 ? {} : { networkNames: endpoint.networkNames }),
});

function formatHealthCheck({ kind, check }: PodHealthCheck, { endpoints }: PodContainer): Json {
  const times = {
    gracePeriodSeconds: check.gracePeriodMs / 1000,
    intervalSeconds: check.intervalMs / 1000,
    maxConsecutiveFailures: check.maxConsecutiveFailures,
    timeoutSeconds: check.timeoutMs / 1000,
    delaySeconds: check.delayMs / 1000,
  };
  if (kind === "command") return { exec: { command: formatCommand(check.command) }, ...times };
  const endpoint = endpoints[check.portIndex]?.name;
  return check.protocol === "tcp"
    ? { tcp: { endpoint }, ...times }
    : { http: { endpoint, path: check.path, scheme: check.protocol.toUpperCase() }, ...times };
}

function formatVolume(volume: PodVolume): Json {
  switch (volume.kind) {
    case "ephemeral":
      return { name: volume.name };
    case "host":
      return { name: volume.name, host: volume.path };
    case "persistent":
      return { name: volume.name, persistent: formatWish(volume.wish) };
    case "secret":
      return { name: volume.name, secret: volume.secret };
    default:
      return volume satisfies never;
  }
}

const formatNetwork = ({ mode, name, labels }: PodDefinition["networks"][number]): Json => ({
  ...(name === undefined ? {} : { name }),
  mode,
  ...orNothing("labels", labels),
});
