/**
 * Pods: several containers that live and die together, share a network and volumes, and are scheduled as one.
 *
 * A pod is scheduled, upgraded and scaled as an app is; what differs is what one instance consists of. Its
 * containers are the tasks of one group at the agent. Shapes of Marathon's JSON are `wire/marathon`'s business.
 */

import type {
  App,
  AppDefinition,
  AppPort,
  HealthCheck,
  LocalCheck,
  Scheduling,
  Service,
} from "#model/app.ts";
import type { Artifact } from "#model/artifact.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import type { PersistentVolume } from "#model/persistent-volume.ts";
import type { AppCheck } from "#model/readiness.ts";
import { type Milli, scalarNames } from "#model/resources.ts";
import type { CommandCheck, OwnCommand, ResourceLimit, RootFilesystem } from "#model/task.ts";

/** A place at which a container is reached. */
export type PodEndpoint = {
  /** Unique in its pod. */
  readonly name: string;
  /** Where it listens in a network of its own; 0: the same as the host's port. Undefined on the host's network. */
  readonly containerPort: number | undefined;
  /** 0: any that the agent has free; undefined: none. */
  readonly hostPort: number | undefined;
  /** Any words; empty: tcp. */
  readonly protocols: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pod's networks; empty: all. */
  readonly networkNames: readonly string[];
};

/** Made by the agent; a leader's checks are not for pods. */
export type PodHealthCheck =
  | { readonly kind: "command"; readonly check: CommandCheck }
  /** `portIndex` is that of the endpoint among those of its container. */
  | { readonly kind: "local"; readonly check: LocalCheck };

export type PodContainer = {
  /** Unique in its pod; part of its tasks' ids. */
  readonly name: string;
  /** Undefined: what the image says. */
  readonly command: OwnCommand | undefined;
  /** Of arguments in an image: whether the first of them takes the place of its entry point; undefined: no. */
  readonly overrideEntrypoint?: boolean | undefined;
  readonly root: RootFilesystem;
  readonly artifacts?: readonly Artifact[] | undefined;
  readonly volumeMounts: readonly VolumeMount[];
  /** Undefined: the pod's. */
  readonly user: string | undefined;
  /** Over the pod's. */
  readonly env: Readonly<Record<string, string>>;
  /** Further variables, by the names of the pod's secrets; undefined: none. */
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
  /** The one of the pod's secrets that opens the registry of its image. */
  readonly pullSecret?: string | undefined;
  /** It has a terminal. */
  readonly tty?: true | undefined;
  /** Beside the terminal: system calls and shared memory. */
  readonly settings?: Pick<ContainerSettings, "unconfined" | "shmBytes"> | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpus: Milli;
  readonly mem: Milli;
  readonly disk: Milli;
  readonly gpus: Milli;
  readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
  readonly endpoints: readonly PodEndpoint[];
  readonly healthCheck: PodHealthCheck | undefined;
  /** Its ports are those of its endpoints, by their index. */
  readonly check?: AppCheck | undefined;
  readonly killGraceMs: number | undefined;
};

export type VolumeMount = {
  /** Of one of the pod's volumes. */
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly: boolean;
};

export type PodVolume =
  /** Of one instance, and gone with it. */
  | { readonly kind: "ephemeral"; readonly name: string }
  /** Of the agent's host, or, if relative, of the sandbox of the container that sees it. */
  | { readonly kind: "host"; readonly name: string; readonly path: string }
  /** Of one instance, and there again for the next one in its place. */
  | {
      readonly kind: "persistent";
      readonly name: string;
      readonly wish: Omit<PersistentVolume, "containerPath">;
    }
  /** A file that holds one of the pod's secrets. */
  | { readonly kind: "secret"; readonly name: string; readonly secret: string };

export type PodNetwork = {
  readonly mode: "host" | "container" | "container/bridge";
  readonly name: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
};

export type PodDefinition = Scheduling & {
  /** At least one. */
  readonly containers: readonly PodContainer[];
  readonly volumes: readonly PodVolume[];
  /** Shared by all containers; empty: the host's. */
  readonly networks: readonly PodNetwork[];
  readonly user: string | undefined;
  /** Of every container. */
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv?: Readonly<Record<string, string>> | undefined;
  /** Where each is kept, by the name that the pod has for it; undefined: none. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** What the executor takes beside the containers. */
  readonly executorResources: { readonly cpus: Milli; readonly mem: Milli; readonly disk: Milli };
};

export type Pod = Service<PodDefinition>;

export type RunSpec = AppDefinition | PodDefinition;

export const isPod = (spec: RunSpec): spec is PodDefinition => "containers" in spec;
export const isPodService = (service: Service): service is Pod => isPod(service.definition);
export const isAppService = (service: Service): service is App => !isPod(service.definition);

export const isHostNetworked = ({ networks }: PodDefinition): boolean =>
  networks.every(({ mode }) => mode === "host");

/** The host ports that an instance needs; of a pod those of its containers, in their order. */
export const portsOf = (spec: RunSpec): readonly AppPort[] =>
  isPod(spec) ? spec.containers.flatMap(hostPortsOf) : spec.ports.filter(({ unmapped }) => unmapped !== true);

export const hostPortsOf = ({ endpoints }: PodContainer): readonly AppPort[] =>
  endpoints.flatMap(({ name, hostPort, labels }) =>
    hostPort === undefined
      ? []
      : [{ hostPort, fixed: hostPort !== 0, servicePort: 0, protocol: "tcp" as const, name, labels }],
  );

/** Of a pod: those of its containers, in their order. */
export const healthChecksOf = (spec: RunSpec): readonly HealthCheck[] =>
  isPod(spec) ? spec.containers.flatMap(({ healthCheck }) => healthCheck ?? []) : spec.healthChecks;

/** Where the check of a container stands among those of its pod; undefined: it has none. */
export function checkIndexOf({ containers }: PodDefinition, name: string): number | undefined {
  const place = containers.findIndex((container) => container.name === name);
  if (containers[place]?.healthCheck === undefined) return undefined;
  return containers.slice(0, place).filter(({ healthCheck }) => healthCheck !== undefined).length;
}

/** What one instance takes of its agent, beside ports. */
export function needsOf(spec: RunSpec): {
  readonly cpus: Milli;
  readonly mem: Milli;
  readonly disk: Milli;
  readonly gpus: Milli;
} {
  if (!isPod(spec)) return spec;
  const sums = { ...spec.executorResources, gpus: 0 as Milli };
  for (const container of spec.containers)
    for (const name of scalarNames) sums[name] = (sums[name] + container[name]) as Milli;
  return sums;
}
