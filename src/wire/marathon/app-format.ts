/**
 * Apps on their way out: always the canonical fields, whatever came in.
 *
 * `parseApp(formatApp(app))` is the same definition again. Optional parts (tasks, counts, …) are added by
 * those who have them.
 */

import {
  type App,
  type AppDefinition,
  type HealthCheck,
  isOnHostNetwork,
  type NetworkCheck,
  type UnreachableStrategy,
} from "#model/app.ts";
import type { Artifact } from "#model/artifact.ts";
import type { Volume } from "#model/container-volume.ts";
import { fromMilli } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import type { OwnCommand, ResourceLimit, RootFilesystem } from "#model/task.ts";
import { formatConstraints } from "./constraints.ts";
import { formatWishes } from "./container-wishes.ts";
import { formatMappings, formatNetworking } from "./networks-format.ts";
import { formatPersistent } from "./persistent-volumes.ts";
import { formatAppChecks } from "./readiness-format.ts";
import { formatSecretEnv, formatSecretMounts, formatSecrets } from "./secrets-parse.ts";

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
    env: { ...app.env, ...formatSecretEnv(app) },
    ...formatSecrets(app),
    ...(app.tty === true ? { tty: true } : {}),
    labels: app.labels,
    instances: app.instances,
    cpus: fromMilli(app.cpus),
    mem: fromMilli(app.mem),
    disk: fromMilli(app.disk),
    gpus: fromMilli(app.gpus),
    ...formatLimits(app.limits),
    executor: "",
    constraints: formatConstraints(app.constraints),
    fetch: (app.artifacts ?? []).map(formatArtifact),
    dependencies: app.dependencies ?? [],
    ...formatNetworking(app),
    healthChecks: app.healthChecks.map(formatHealthCheck),
    ...formatAppChecks(app),
    backoffSeconds: app.backoff.initialMs / 1000,
    backoffFactor: app.backoff.factor,
    maxLaunchDelaySeconds: app.backoff.maxMs / 1000,
    ...(app.killGraceMs === undefined ? {} : { taskKillGracePeriodSeconds: app.killGraceMs / 1000 }),
    killSelection: app.killSelection === "youngest-first" ? "YOUNGEST_FIRST" : "OLDEST_FIRST",
    upgradeStrategy: app.upgradeStrategy,
    unreachableStrategy: formatUnreachable(app.unreachableStrategy),
    ...formatResidency(app),
    role: app.role ?? defaultRole,
    ...(app.acceptedResourceRoles.length === 0 ? {} : { acceptedResourceRoles: app.acceptedResourceRoles }),
  };
}

export const formatArtifact = ({ uri, extract, executable, cache, outputFile }: Artifact): Json => ({
  ...{ uri, extract, executable, cache },
  ...(outputFile === undefined ? {} : { destPath: outputFile }),
});

const formatCommand = (command: OwnCommand | undefined): Json =>
  command === undefined ? {} : command.kind === "shell" ? { cmd: command.text } : { args: command.argv };

function formatContainer(app: AppDefinition): Json {
  const { root, volumes = [] } = app;
  const mappings = formatMappings(app);
  const secrets = formatSecretMounts(app);
  const wishes = formatWishes(app);
  const persistent = formatPersistent(app);
  const isPlain =
    volumes.length + persistent.length + secrets.length + Object.keys(wishes.container).length === 0;
  if (root.kind === "host" && isPlain && isOnHostNetwork(app) && app.bareContainer !== true) return {};
  return {
    container: {
      ...(root.kind === "host" ? { type: "MESOS" } : formatRoot(root, app.pullSecret, wishes.docker)),
      ...wishes.container,
      volumes: [...volumes.map(formatVolume), ...persistent, ...secrets],
      ...mappings,
    },
  };
}

const formatVolume = ({ containerPath, mode, source }: Volume): Json => ({
  containerPath,
  ...(source.kind === "host" || source.kind === "sandbox" ? { hostPath: source.path } : {}),
  mode: mode === "read-only" ? "RO" : "RW",
});

function formatRoot(
  root: Exclude<RootFilesystem, { kind: "host" }>,
  pullSecret: string | undefined,
  wishes: Json,
): Json {
  const image =
    root.kind === "file"
      ? { image: `file://${root.path}`, forcePullImage: false }
      : { image: root.reference, forcePullImage: root.forcePull };
  const docker = {
    ...image,
    privileged: false,
    parameters: [],
    ...(pullSecret === undefined ? {} : { pullConfig: { secret: pullSecret } }),
    ...wishes,
  };
  const type = root.kind === "image" && root.container === "docker" ? "DOCKER" : "MESOS";
  return { type, docker };
}

const formatLimit = (limit: ResourceLimit): number | "unlimited" =>
  limit === "unlimited" ? limit : fromMilli(limit);

export const formatLimits = ({ cpus, mem }: AppDefinition["limits"]): Json =>
  cpus === undefined && mem === undefined
    ? {}
    : {
        resourceLimits: {
          ...(cpus === undefined ? {} : { cpus: formatLimit(cpus) }),
          ...(mem === undefined ? {} : { mem: formatLimit(mem) }),
        },
      };

export const formatUnreachable = (strategy: UnreachableStrategy): Json | "disabled" =>
  strategy === "disabled"
    ? "disabled"
    : {
        inactiveAfterSeconds: strategy.inactiveAfterMs / 1000,
        expungeAfterSeconds: strategy.expungeAfterMs / 1000,
      };

/** Said of an app with persistent volumes; it follows from the rest, and has no effect when it comes in. */
const formatResidency = ({ persistentVolumes = [], unreachableStrategy }: AppDefinition): Json =>
  persistentVolumes.length === 0
    ? {}
    : {
        residency: {
          relaunchEscalationTimeoutSeconds:
            unreachableStrategy === "disabled"
              ? defaultEscalationSeconds
              : unreachableStrategy.inactiveAfterMs / 1000,
          taskLostBehavior: "WAIT_FOREVER",
        },
      };

const defaultEscalationSeconds = 3_600;

const portOf = ({ port, portIndex }: NetworkCheck): Json => (port === undefined ? { portIndex } : { port });

export function formatHealthCheck({ kind, check }: HealthCheck): Json {
  const common = {
    gracePeriodSeconds: check.gracePeriodMs / 1000,
    intervalSeconds: check.intervalMs / 1000,
    timeoutSeconds: check.timeoutMs / 1000,
    maxConsecutiveFailures: check.maxConsecutiveFailures,
    ipProtocol: kind === "local" ? check.family : "IPv4",
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
        ...(check.protocol === "tcp"
          ? {}
          : { path: check.path, ignoreHttp1xx: check.ignoresInformational ?? false }),
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
      };
    default:
      return kind satisfies never;
  }
}
