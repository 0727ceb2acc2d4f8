/**
 * The shape of a pod as Marathon's clients send it: types and plain bounds, field by field.
 *
 * The one source for the check and for the types of what passed it. Rules that tie fields together, and fields
 * that this version knows but cannot do, are looked at afterwards. Unknown members pass and are ignored.
 */

import Type, { type Static, type TSchema } from "typebox";
import { limits } from "#base/limits.ts";
import {
  artifact,
  environment,
  labels,
  limit,
  linuxInfoSchema,
  secretsSchema,
  unreachable,
} from "./app-schema.ts";
import { executorResourcesSchema } from "./check-schema.ts";
import { constraintsSchema } from "./constraints.ts";
import { persistentSchema } from "./persistent-volumes.ts";
import { countSchema } from "./plain-schemas.ts";

const optional = Type.Optional;
const text = () => Type.String({ maxLength: limits.stringLengthMax });
const shortText = () => Type.String({ minLength: 1, maxLength: limits.idLengthMax });
const path = () => Type.String({ minLength: 1, maxLength: 1_024 });
const amount = (max: number) => Type.Number({ minimum: 0, maximum: max });
const seconds = () => Type.Integer({ minimum: 0, maximum: limits.durationSecondsMax });
const fractionalSeconds = () => Type.Number({ minimum: 0, maximum: limits.durationSecondsMax });
const share = () => Type.Number({ minimum: 0, maximum: 1 });
const port = (minimum: number) => Type.Integer({ minimum, maximum: 65_535 });
const list = <Schema extends TSchema>(schema: Schema, maxItems: number) => Type.Array(schema, { maxItems });

/** A name is at most 63 of lower case letters, digits, and hyphens inside. */
const name = () => Type.String({ minLength: 1, maxLength: 63 });

const command = Type.Object({
  shell: optional(text()),
  argv: optional(list(text(), limits.argumentsMax)),
});
export type PodCommandJson = Static<typeof command>;

const endpoint = Type.Object({
  name: name(),
  containerPort: optional(port(0)),
  hostPort: optional(port(0)),
  protocol: optional(list(name(), 16)),
  labels: optional(labels()),
  networkNames: optional(list(shortText(), limits.networksPerContainerMax)),
});
export type EndpointJson = Static<typeof endpoint>;

const healthCheck = Type.Object({
  http: optional(
    Type.Object({
      endpoint: name(),
      path: optional(path()),
      scheme: optional(Type.Enum(["HTTP", "HTTPS", "http", "https"])),
    }),
  ),
  tcp: optional(Type.Object({ endpoint: name() })),
  exec: optional(Type.Object({ command })),
  gracePeriodSeconds: optional(seconds()),
  intervalSeconds: optional(seconds()),
  maxConsecutiveFailures: optional(countSchema()),
  timeoutSeconds: optional(seconds()),
  delaySeconds: optional(seconds()),
});
export type PodHealthCheckJson = Static<typeof healthCheck>;

const check = Type.Object({
  http: healthCheck.properties.http,
  tcp: healthCheck.properties.tcp,
  exec: healthCheck.properties.exec,
  intervalSeconds: optional(seconds()),
  timeoutSeconds: optional(seconds()),
  delaySeconds: optional(seconds()),
});
export type PodCheckJson = Static<typeof check>;

const image = Type.Object({
  kind: Type.Literal("DOCKER"),
  id: path(),
  forcePull: optional(Type.Boolean()),
  pullConfig: optional(Type.Object({ secret: shortText() })),
  labels: optional(labels()),
});
export type PodImageJson = Static<typeof image>;

const container = Type.Object({
  name: name(),
  exec: optional(Type.Object({ command, overrideEntrypoint: optional(Type.Boolean()) })),
  resources: Type.Object({
    cpus: optional(amount(limits.cpusMax)),
    mem: optional(amount(limits.megabytesMax)),
    disk: optional(amount(limits.megabytesMax)),
    gpus: optional(Type.Integer({ minimum: 0, maximum: limits.gpusMax })),
  }),
  resourceLimits: optional(
    Type.Object({ cpus: optional(limit(limits.cpusMax)), mem: optional(limit(limits.megabytesMax)) }),
  ),
  endpoints: optional(list(endpoint, limits.portsPerAppMax)),
  image: optional(image),
  environment: optional(environment),
  user: optional(shortText()),
  healthCheck: optional(healthCheck),
  volumeMounts: optional(
    list(
      Type.Object({ name: name(), mountPath: path(), readOnly: optional(Type.Boolean()) }),
      limits.volumesPerTaskMax,
    ),
  ),
  artifacts: optional(list(artifact, limits.artifactsPerTaskMax)),
  labels: optional(labels()),
  lifecycle: optional(Type.Object({ killGracePeriodSeconds: optional(fractionalSeconds()) })),
  check: optional(check),
  tty: optional(Type.Boolean()),
  linuxInfo: optional(linuxInfoSchema),
});
export type PodContainerJson = Static<typeof container>;

const volume = Type.Object({
  name: name(),
  host: optional(path()),
  persistent: optional(persistentSchema),
  secret: optional(shortText()),
});
export type PodVolumeJson = Static<typeof volume>;

const network = Type.Object({
  mode: optional(Type.Enum(["host", "container", "container/bridge"])),
  name: optional(shortText()),
  labels: optional(labels()),
});

const scheduling = Type.Object({
  backoff: optional(
    Type.Object({
      backoff: optional(fractionalSeconds()),
      backoffFactor: optional(Type.Number({ minimum: 0, maximum: 1_000 })),
      maxLaunchDelay: optional(fractionalSeconds()),
    }),
  ),
  upgrade: optional(
    Type.Object({ minimumHealthCapacity: optional(share()), maximumOverCapacity: optional(share()) }),
  ),
  placement: optional(
    Type.Object({
      constraints: optional(constraintsSchema),
      acceptedResourceRoles: optional(list(shortText(), 16)),
    }),
  ),
  killSelection: optional(Type.Enum(["YOUNGEST_FIRST", "OLDEST_FIRST"])),
  unreachableStrategy: optional(unreachable),
});

const members = {
  id: Type.String({ minLength: 1, maxLength: limits.idLengthMax }),
  labels: optional(labels()),
  version: optional(Type.String()),
  user: optional(shortText()),
  environment: optional(environment),
  containers: list(container, limits.containersPerPodMax),
  secrets: optional(secretsSchema),
  volumes: optional(list(volume, limits.volumesPerTaskMax)),
  networks: optional(list(network, limits.networksPerContainerMax)),
  scaling: optional(
    Type.Object({
      kind: optional(Type.Literal("fixed")),
      instances: optional(Type.Integer({ minimum: 0, maximum: limits.instancesPerAppMax })),
    }),
  ),
  scheduling: optional(scheduling),
  executorResources: optional(executorResourcesSchema),
  role: optional(shortText()),
  linuxInfo: optional(Type.Unknown()),
  legacySharedCgroups: optional(Type.Boolean()),
} as const;

export const podSchema = Type.Object(members);
export type PodJson = Static<typeof podSchema>;

export const podMembers: ReadonlySet<string> = new Set(Object.keys(members));
