/**
 * Apps: long-running services as their owners want them, in canonical form.
 *
 * `wire/marathon` makes an `App` out of what came in (defaults filled, old forms translated); what is here is
 * right by type. Times are milliseconds, amounts fixed point, ids branded.
 */

import { equalValues } from "#base/equal.ts";
import type { Artifact } from "#model/artifact.ts";
import type { Volume } from "#model/container-volume.ts";
import type { AppId, VersionId } from "#model/ids.ts";
import type { Milli } from "#model/resources.ts";
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

export type AppDefinition = {
  readonly id: AppId;
  /** Undefined: what the image says. Of arguments alone the image's entry point, if there is one, is the program. */
  readonly command: OwnCommand | undefined;
  readonly root: RootFilesystem;
  /** Fetched by each instance's agent; undefined: none. */
  readonly artifacts?: readonly Artifact[] | undefined;
  /** Undefined: none. */
  readonly volumes?: readonly Volume[] | undefined;
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly instances: number;
  readonly cpus: Milli;
  readonly mem: Milli;
  readonly disk: Milli;
  readonly gpus: Milli;
  readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
  readonly ports: readonly AppPort[];
  /** Host ports are those of the definition, not drawn from the offer. */
  readonly requirePorts: boolean;
  readonly healthChecks: readonly HealthCheck[];
  readonly upgradeStrategy: UpgradeStrategy;
  readonly backoff: Backoff;
  readonly killGraceMs: number | undefined;
  readonly killSelection: KillSelection;
  readonly unreachableStrategy: UnreachableStrategy;
  readonly acceptedResourceRoles: readonly string[];
};

/** The fields that a request gave; the others stay as they are. */
export type AppPatch = Partial<Omit<AppDefinition, "id">>;

/** An app as stored: the definition with its versions. */
export type App = {
  readonly definition: AppDefinition;
  /** Of this very definition; changes with every change. */
  readonly version: VersionId;
  readonly lastScalingAt: VersionId;
  /** Of the last change that concerns how instances run: those with an older one are replaced. */
  readonly lastConfigChangeAt: VersionId;
};

/** Whether two definitions differ in anything but the number of instances. */
export const isConfigChange = (left: AppDefinition, right: AppDefinition): boolean =>
  !equalValues({ ...left, instances: 0 }, { ...right, instances: 0 });
