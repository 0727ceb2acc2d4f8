/**
 * The shape of an app as Marathon's clients send it: types and plain bounds, field by field.
 *
 * The one source for the check and for the types of what passed it. Rules that tie fields together, and fields
 * that this version knows but cannot do, are looked at afterwards. Unknown members pass and are ignored.
 */

import Type, { type Static } from "typebox";
import { limits } from "#base/limits.ts";
import { appCheckSchema, executorResourcesSchema, readinessCheckSchema } from "./check-schema.ts";
import { constraintsSchema } from "./constraints.ts";
import { ipAddressSchema, networksSchema, portMappingsSchema } from "./networks-schema.ts";
import { persistentSchema } from "./persistent-volumes.ts";
import { countSchema, labelsSchema, portSchema, shortTextSchema } from "./plain-schemas.ts";

const text = () => Type.String({ maxLength: limits.stringLengthMax });
const shortText = shortTextSchema;
const optional = Type.Optional;

export const labels = labelsSchema;
const amount = (max: number) => Type.Number({ minimum: 0, maximum: max });
const seconds = () => Type.Integer({ minimum: 0, maximum: limits.durationSecondsMax });
const fractionalSeconds = () => Type.Number({ minimum: 0, maximum: limits.durationSecondsMax });
const port = portSchema;

const portDefinition = Type.Object({
  port: optional(port()),
  protocol: optional(Type.Enum(["tcp", "udp", "udp,tcp", "tcp,udp"])),
  name: optional(shortText()),
  labels: optional(labels()),
});
export type PortDefinitionJson = Static<typeof portDefinition>;

const healthCheck = Type.Object({
  protocol: optional(
    Type.Enum(["HTTP", "HTTPS", "TCP", "COMMAND", "MESOS_HTTP", "MESOS_HTTPS", "MESOS_TCP"]),
  ),
  path: optional(text()),
  portIndex: optional(Type.Integer({ minimum: 0, maximum: limits.portsPerAppMax })),
  port: optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  command: optional(
    Type.Object({
      value: optional(text()),
      argv: optional(Type.Array(text(), { maxItems: limits.argumentsMax })),
    }),
  ),
  gracePeriodSeconds: optional(seconds()),
  intervalSeconds: optional(seconds()),
  timeoutSeconds: optional(seconds()),
  delaySeconds: optional(seconds()),
  maxConsecutiveFailures: optional(countSchema()),
  ignoreHttp1xx: optional(Type.Boolean()),
  ipProtocol: optional(Type.Enum(["IPv4", "IPv6"])),
});
export type HealthCheckJson = Static<typeof healthCheck>;

const docker = Type.Object({
  image: optional(text()),
  forcePullImage: optional(Type.Boolean()),
  privileged: optional(Type.Boolean()),
  network: optional(Type.String()),
  parameters: optional(
    Type.Array(Type.Object({ key: shortText(), value: text() }), { maxItems: limits.dockerParametersMax }),
  ),
  portMappings: optional(portMappingsSchema),
  credential: optional(Type.Unknown()),
  pullConfig: optional(Type.Object({ secret: optional(shortText()) })),
});

const volume = Type.Object({
  containerPath: optional(text()),
  hostPath: optional(text()),
  mode: optional(Type.Enum(["RO", "RW"])),
  persistent: optional(persistentSchema),
  external: optional(Type.Unknown()),
  secret: optional(shortText()),
});
export type VolumeJson = Static<typeof volume>;

export const linuxInfoSchema = Type.Object({
  seccomp: optional(
    Type.Object({ unconfined: optional(Type.Boolean()), profileName: optional(shortText()) }),
  ),
  ipcInfo: optional(
    Type.Object({
      mode: optional(Type.Enum(["PRIVATE", "SHARE_PARENT"])),
      shmSize: optional(Type.Integer({ minimum: 1, maximum: limits.megabytesMax })),
    }),
  ),
});

const container = Type.Object({
  type: optional(Type.Enum(["MESOS", "DOCKER"])),
  docker: optional(docker),
  volumes: optional(Type.Array(volume, { maxItems: limits.volumesPerTaskMax })),
  portMappings: optional(portMappingsSchema),
  linuxInfo: optional(linuxInfoSchema),
});
export type LinuxInfoJson = Static<typeof linuxInfoSchema>;
export type ContainerJson = Static<typeof container>;

export const artifact = Type.Object({
  uri: Type.String(),
  extract: optional(Type.Boolean()),
  executable: optional(Type.Boolean()),
  cache: optional(Type.Boolean()),
  destPath: optional(Type.String()),
});
export type ArtifactJson = Static<typeof artifact>;

export const limit = (max: number) => Type.Union([amount(max), Type.Literal("unlimited")]);

export const unreachable = Type.Union([
  Type.Object({ inactiveAfterSeconds: optional(seconds()), expungeAfterSeconds: optional(seconds()) }),
  Type.Literal("disabled"),
]);

/** An environment value is a text, or an object that names a secret. */
export const environment = Type.Unsafe<Record<string, string | { secret: string }>>({
  type: "object",
  maxProperties: limits.envEntriesMax,
  additionalProperties: {
    anyOf: [
      { type: "string", maxLength: limits.stringLengthMax },
      { type: "object", properties: { secret: { type: "string" } }, required: ["secret"] },
    ],
  },
});

/** By the app's own names for them. */
export const secretsSchema = Type.Unsafe<Record<string, { readonly source: string }>>({
  type: "object",
  maxProperties: limits.secretsPerAppMax,
  additionalProperties: {
    type: "object",
    properties: { source: { type: "string", minLength: 1, maxLength: limits.idLengthMax } },
    required: ["source"],
  },
});

/** What this version does. */
const supported = {
  id: optional(Type.String({ minLength: 1, maxLength: limits.idLengthMax })),
  cmd: optional(Type.String({ minLength: 1, maxLength: limits.stringLengthMax })),
  args: optional(Type.Array(text(), { maxItems: limits.argumentsMax })),
  user: optional(Type.String({ minLength: 1, maxLength: limits.idLengthMax })),
  env: optional(environment),
  secrets: optional(secretsSchema),
  tty: optional(Type.Boolean()),
  labels: optional(labels()),
  instances: optional(Type.Integer({ minimum: 0, maximum: limits.instancesPerAppMax })),
  cpus: optional(amount(limits.cpusMax)),
  mem: optional(amount(limits.megabytesMax)),
  disk: optional(amount(limits.megabytesMax)),
  gpus: optional(Type.Integer({ minimum: 0, maximum: limits.gpusMax })),
  resourceLimits: optional(
    Type.Object({ cpus: optional(limit(limits.cpusMax)), mem: optional(limit(limits.megabytesMax)) }),
  ),
  fetch: optional(Type.Array(artifact, { maxItems: limits.artifactsPerTaskMax })),
  uris: optional(Type.Array(Type.String(), { maxItems: limits.artifactsPerTaskMax })),
  ports: optional(Type.Array(port(), { maxItems: limits.portsPerAppMax })),
  portDefinitions: optional(Type.Array(portDefinition, { maxItems: limits.portsPerAppMax })),
  requirePorts: optional(Type.Boolean()),
  container: optional(container),
  networks: optional(networksSchema),
  ipAddress: optional(ipAddressSchema),
  healthChecks: optional(Type.Array(healthCheck, { maxItems: limits.healthChecksPerAppMax })),
  readinessChecks: optional(Type.Array(readinessCheckSchema, { maxItems: limits.readinessChecksPerAppMax })),
  check: optional(appCheckSchema),
  executorResources: optional(executorResourcesSchema),
  upgradeStrategy: optional(
    Type.Object({
      minimumHealthCapacity: optional(Type.Number({ minimum: 0, maximum: 1 })),
      maximumOverCapacity: optional(Type.Number({ minimum: 0, maximum: 1 })),
    }),
  ),
  backoffSeconds: optional(fractionalSeconds()),
  backoffFactor: optional(Type.Number({ minimum: 1, maximum: 1_000 })),
  maxLaunchDelaySeconds: optional(fractionalSeconds()),
  taskKillGracePeriodSeconds: optional(fractionalSeconds()),
  killSelection: optional(Type.Enum(["YOUNGEST_FIRST", "OLDEST_FIRST"])),
  unreachableStrategy: optional(unreachable),
  acceptedResourceRoles: optional(Type.Array(shortText(), { maxItems: 16 })),
  dependencies: optional(Type.Array(shortText(), { maxItems: limits.dependenciesMax })),
  executor: optional(Type.String()),
  role: optional(shortText()),
  constraints: optional(constraintsSchema),
  version: optional(Type.String()),
} as const;

/** What Marathon does and this version does not, with its type; `unsupported.ts` says so when it is used. */
const known = {
  storeUrls: optional(Type.Array(Type.Unknown())),
  residency: optional(Type.Unknown()),
} as const;

export const appSchema = Type.Object({ ...supported, ...known });
export type AppJson = Static<typeof appSchema>;

/** Members that answers have and requests may repeat; they are not ours to take. */
export const readOnlyMembers: ReadonlySet<string> = new Set([
  "versionInfo",
  "tasks",
  "tasksStaged",
  "tasksRunning",
  "tasksHealthy",
  "tasksUnhealthy",
  "deployments",
  "lastTaskFailure",
  "readinessCheckResults",
  "taskStats",
]);
