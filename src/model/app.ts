/**
 * Apps: long-running services as their owners want them, in canonical form.
 *
 * `wire/marathon` makes an `App` out of what came in (defaults filled, old forms translated); what is here is
 * right by type. Times are milliseconds, amounts fixed point, ids branded.
 */

import { equalValues } from "#base/equal.ts";
import type { AppSecrets } from "#model/app-secrets.ts";
import type { Artifact } from "#model/artifact.ts";
import type { Constraint } from "#model/constraint.ts";
import type { Volume } from "#model/container-volume.ts";
import type { ContainerWishes } from "#model/container-wishes.ts";
import type { AppId, VersionId } from "#model/ids.ts";
import type { PersistentVolume } from "#model/persistent-volume.ts";
import type { PodDefinition, PodNetwork, RunSpec } from "#model/pod.ts";
import type { AppCheck, ReadinessCheck } from "#model/readiness.ts";
import type { Milli } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import type { CommandCheck, IpFamily, OwnCommand, ResourceLimit, RootFilesystem } from "#model/task.ts";

export type AppPort = {
  /**
   * The host port: a fixed one when `fixed`, else any that the agent has free. Each instance sees what it
   * got as PORT0, PORT1, … (PORT is PORT0) and PORT_<NAME>.
   */
  readonly hostPort: number;
  readonly fixed: boolean;
  /** Unique in the cluster, 10000 to 20000 when assigned by us; 0: not assigned yet. */
  readonly servicePort: number;
  readonly protocol: "tcp" | "udp" | "udp,tcp";
  readonly name: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Of an app with a network of its own: where its task listens; 0: at the host port's number. */
  readonly containerPort?: number | undefined;
  /** Not to be reached at the host: no host port is taken for it. */
  readonly unmapped?: boolean | undefined;
  /** Of the app's networks; undefined: all. */
  readonly networkNames?: readonly string[] | undefined;
};

export type NetworkCheck = {
  readonly protocol: "tcp" | "http" | "https";
  readonly path: string;
  /** Which of the app's ports, unless `port` is given. */
  readonly portIndex: number;
  readonly port: number | undefined;
  readonly gracePeriodMs: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Kill after so many failures in a row; 0: never (Marathon's rule for checks by the leader). */
  readonly maxConsecutiveFailures: number;
  /** Of HTTP by the leader: an answer of 100 to 199 says nothing, neither good nor bad. */
  readonly ignoresInformational?: boolean | undefined;
};

/** The same made by the agent, from inside the task's network; `maxConsecutiveFailures` is as for commands. */
export type LocalCheck = NetworkCheck & { readonly delayMs: number; readonly family: IpFamily };

export type HealthCheck =
  | { readonly kind: "network"; readonly check: NetworkCheck }
  | { readonly kind: "local"; readonly check: LocalCheck }
  | { readonly kind: "command"; readonly check: CommandCheck };

export type UpgradeStrategy = {
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
};

export type Backoff = { readonly initialMs: number; readonly factor: number; readonly maxMs: number };

export type KillSelection = "youngest-first" | "oldest-first";

/** What to do with an instance on an unreachable agent: replace it after, forget it after. */
export type UnreachableStrategy =
  | { readonly inactiveAfterMs: number; readonly expungeAfterMs: number }
  | "disabled";

/** What apps and pods have in common: how many there are to be, where, and how they are changed. */
export type Scheduling = {
  readonly id: AppId;
  readonly labels: Readonly<Record<string, string>>;
  readonly instances: number;
  readonly upgradeStrategy: UpgradeStrategy;
  readonly backoff: Backoff;
  readonly killSelection: KillSelection;
  readonly unreachableStrategy: UnreachableStrategy;
  /** In which it is offered resources; undefined: `*`. */
  readonly role?: string | undefined;
  /** Of resources: `*` are those that nobody reserved. Empty: these, and those reserved for its role. */
  readonly acceptedResourceRoles: readonly string[];
  /** Undefined: none. */
  readonly constraints?: readonly Constraint[] | undefined;
};

export type AppDefinition = Scheduling &
  AppSecrets & {
    /** Undefined: what the image says. Of arguments alone the image's entry point, if there is one, is the program. */
    readonly command: OwnCommand | undefined;
    readonly root: RootFilesystem;
    /** Fetched by each instance's agent; undefined: none. */
    readonly artifacts?: readonly Artifact[] | undefined;
    /** Undefined: none. */
    readonly volumes?: readonly Volume[] | undefined;
    /** Of each instance; undefined: none. */
    readonly persistentVolumes?: readonly PersistentVolume[] | undefined;
    /** A terminal in place of plain output. Undefined: no. */
    readonly tty?: boolean | undefined;
    /** Of its container, beside what is said here. Undefined: none. */
    readonly wishes?: ContainerWishes | undefined;
    /** Its owner gave it a container and said nothing of it: it is shown again, and makes no difference. */
    readonly bareContainer?: true | undefined;
    readonly user: string | undefined;
    readonly workingDirectory: string | undefined;
    readonly env: Readonly<Record<string, string>>;
    readonly cpus: Milli;
    readonly mem: Milli;
    readonly disk: Milli;
    readonly gpus: Milli;
    readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
    readonly ports: readonly AppPort[];
    /** Undefined: the host's. */
    readonly networks?: readonly PodNetwork[] | undefined;
    /** Host ports are those of the definition, not drawn from the offer. */
    readonly requirePorts: boolean;
    readonly healthChecks: readonly HealthCheck[];
    /** Undefined: none. */
    readonly readinessChecks?: readonly ReadinessCheck[] | undefined;
    readonly check?: AppCheck | undefined;
    /** Of an executor of its own, which no app has here: kept to be shown. */
    readonly executorResources?: PodDefinition["executorResources"] | undefined;
    readonly killGraceMs: number | undefined;
    /** Paths of apps and groups that are there before this app is started or changed. Undefined: none. */
    readonly dependencies?: readonly AppId[] | undefined;
  };

export const isOnHostNetwork = ({ networks = [] }: Pick<AppDefinition, "networks">): boolean =>
  networks.every(({ mode }) => mode === "host");

/** The fields that a request gave; the others stay as they are. */
export type AppPatch = Partial<Omit<AppDefinition, "id">>;

/** An app or a pod as stored: its definition with its versions. */
export type Service<Definition extends RunSpec = RunSpec> = {
  readonly definition: Definition;
  /** Of this very definition; changes with every change. */
  readonly version: VersionId;
  readonly lastScalingAt: VersionId;
  /** Of the last change that concerns how instances run: those with an older one are replaced. */
  readonly lastConfigChangeAt: VersionId;
  /** Earlier ones with this very configuration, whose instances stay. Undefined: none. */
  readonly alsoCurrent?: readonly VersionId[] | undefined;
  /** All of its instances were to be new from then on. Undefined: that was never asked for. */
  readonly restartedAt?: VersionId | undefined;
  /** Its first version since it is there. */
  readonly createdAt?: VersionId;
};
export type App = Service<AppDefinition>;

/**
 * What an instance does not run by: it can change beside instances that stay. They keep the variables that
 * tell them of labels as these were, and the place that they have.
 */
const besideInstances = [
  "labels",
  "constraints",
  "upgradeStrategy",
  "backoff",
  "killSelection",
  "acceptedResourceRoles",
  "dependencies",
] as const;

/**
 * Whether two definitions differ in more than the number of instances; with `keepInstances`: in what
 * instances run by.
 */
export function isConfigChange(left: RunSpec, right: RunSpec, keepInstances = false): boolean {
  const compared = (spec: RunSpec): object => {
    const { role = defaultRole, acceptedResourceRoles: accepted } = spec;
    // Said or not: of the default role there are no others.
    const isUsual = role === defaultRole && accepted.every((each) => each === defaultRole);
    const copy: Record<string, unknown> = { ...spec, instances: 0 };
    delete copy.bareContainer;
    if (isUsual) copy.acceptedResourceRoles = [];
    if (keepInstances) for (const name of besideInstances) delete copy[name];
    return copy;
  };
  return !equalValues(compared(left), compared(right));
}
