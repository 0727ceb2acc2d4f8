/**
 * Apps on their way out: always the canonical fields, whatever came in.
 *
 * `parseApp(formatApp(app))` is the same definition again. Optional parts (tasks, counts, …) are added by
 * those who have them.
 */

import type {
  App,
  AppDefinition,
  AppPort,
  HealthCheck,
  NetworkCheck,
  UnreachableStrategy,
} from "#model/app.ts";
import type { Artifact } from "#model/artifact.ts";
import type { Volume } from "#model/container-volume.ts";
import { fromMilli } from "#model/resources.ts";
import type { OwnCommand, ResourceLimit, RootFilesystem } from "#model/task.ts";

export type Json = { readonly [name: string]: unknown };

/** As `GET /v2/apps/{id}/versions/{version}` shows it. */
export const formatAppVersion = (app: App): Json => ({
  ...formatDefinition(app.definition),
  version: app.version,
  versionInfo: { lastScalingAt: app.lastScalingAt, lastConfigChangeAt: app.lastConfigChangeAt },
});

export function formatDefinition(app: AppDefinition): Json {
  return {
    id: app.id,
    ...formatCommand(app.command),
    ...formatContainer(app),
    ...(app.user === undefined ? {} : { user: app.user }),
    env: app.env,
    labels: app.labels,
    instances: app.instances,
    cpus: fromMilli(app.cpus),
    mem: fromMilli(app.mem),
    disk: fromMilli(app.disk),
    gpus: fromMilli(app.gpus),
    ...formatLimits(app.limits),
    executor: "",
    constraints: [],
    fetch: (app.artifacts ?? []).map(formatArtifact),
    dependencies: [],
    networks: [{ mode: "host" }],
    portDefinitions: app.ports.map((port) => formatPort(port, app.requirePorts)),
    requirePorts: app.requirePorts,
    healthChecks: app.healthChecks.map(formatHealthCheck),
    backoffSeconds: app.backoff.initialMs / 1000,
    backoffFactor: app.backoff.factor,
    maxLaunchDelaySeconds: app.backoff.maxMs / 1000,
    ...(app.killGraceMs === undefined ? {} : { taskKillGracePeriodSeconds: app.killGraceMs / 1000 }),
    killSelection: app.killSelection === "youngest-first" ? "YOUNGEST_FIRST" : "OLDEST_FIRST",
    upgradeStrategy: app.upgradeStrategy,
    unreachableStrategy: formatUnreachable(app.unreachableStrategy),
    acceptedResourceRoles: app.acceptedResourceRoles,
  };
}

const formatArtifact = ({ uri, extract, executable, cache, outputFile }: Artifact): Json => ({
  ...{ uri, extract, executable, cache },
  ...(outputFile === undefined ? {} : { destPath: outputFile }),
});

const formatCommand = (command: OwnCommand | undefined): Json =>
  command === undefined ? {} : command.kind === "shell" ? { cmd: command.text } : { args: command.argv };

function formatContainer({ root, volumes = [] }: AppDefinition): Json {
  if (root.kind === "host" && volumes.length === 0) return {};
  return {
    container: {
      ...(root.kind === "host" ? { type: "MESOS" } : formatRoot(root)),
      volumes: volumes.map(formatVolume),
    },
  };
}

const formatVolume = ({ containerPath, mode, source }: Volume): Json => ({
  containerPath,
  hostPath: source.path,
  mode: mode === "read-only" ? "RO" : "RW",
});

function formatRoot(root: Exclude<RootFilesystem, { kind: "host" }>): Json {
  const docker =
    root.kind === "file"
      ? { image: `file://${root.path}`, forcePullImage: false }
      : { image: root.reference, forcePullImage: root.forcePull };
  const type = root.kind === "image" && root.container === "docker" ? "DOCKER" : "MESOS";
  return { type, docker };
}

const formatLimit = (limit: ResourceLimit): number | "unlimited" =>
  limit === "unlimited" ? limit : fromMilli(limit);

const formatLimits = ({ cpus, mem }: AppDefinition["limits"]): Json =>
  cpus === undefined && mem === undefined
    ? {}
    : {
        resourceLimits: {
          ...(cpus === undefined ? {} : { cpus: formatLimit(cpus) }),
          ...(mem === undefined ? {} : { mem: formatLimit(mem) }),
        },
      };

const formatPort = (port: AppPort, requirePorts: boolean): Json => ({
  port: requirePorts && port.fixed ? port.hostPort : port.servicePort,
  protocol: port.protocol,
  ...(port.name === undefined ? {} : { name: port.name }),
  labels: port.labels,
});

const formatUnreachable = (strategy: UnreachableStrategy): Json | "disabled" =>
  strategy === "disabled"
    ? "disabled"
    : {
        inactiveAfterSeconds: strategy.inactiveAfterMs / 1000,
        expungeAfterSeconds: strategy.expungeAfterMs / 1000,
      };

const portOf = ({ port, portIndex }: NetworkCheck): Json => (port === undefined ? { portIndex } : { port });

export function formatHealthCheck({ kind, check }: HealthCheck): Json {
  const common = {
    gracePeriodSeconds: check.gracePeriodMs / 1000,
    intervalSeconds: check.intervalMs / 1000,
    timeoutSeconds: check.timeoutMs / 1000,
    maxConsecutiveFailures: check.maxConsecutiveFailures,
  };
  switch (kind) {
    case "command": {
      const { command } = check;
      const given = command.kind === "shell" ? { value: command.text } : { argv: command.argv };
      return { protocol: "COMMAND", command: given, ...common, delaySeconds: check.delayMs / 1000 };
    }
    case "network":
      return {
        protocol: check.protocol.toUpperCase(),
        ...(check.protocol === "tcp" ? {} : { path: check.path, ignoreHttp1xx: false }),
        ...portOf(check),
        ...common,
        delaySeconds: 15,
      };
    case "local":
      return {
        protocol: `MESOS_${check.protocol.toUpperCase()}`,
        ...(check.protocol === "tcp" ? {} : { path: check.path }),
        ...portOf(check),
        ...common,
        delaySeconds: check.delayMs / 1000,
        ipProtocol: check.family,
      };
    default:
      return kind satisfies never;
  }
}
