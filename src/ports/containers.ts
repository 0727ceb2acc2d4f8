/**
 * Containers: what the agent's room asks for, and what comes back. Both are data.
 *
 * Contract (one suite runs against the fake and the real thing): every effect but `signal`, `update` and
 * `create-volume` is answered by exactly one outcome of its own, in any order; an `exited` comes once for each
 * container that was launched, whoever was watching when it happened; effects on a container that is not there are harmless.
 */

import type { Artifact } from "#model/artifact.ts";
import type { ContainerNetwork, NetworkStatus } from "#model/container-network.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import type { ContainerVolume, PersistentDirectory } from "#model/container-volume.ts";
import type { Controls } from "#model/controls.ts";
import type { ContainerId, ExecutorId, FrameworkId, TaskId } from "#model/ids.ts";
import type { Resources } from "#model/resources.ts";
import type { SecretEnvironment } from "#model/secret.ts";
import type {
  CheckResult,
  CommandSpec,
  ExceededLimit,
  Probe,
  ResourceLimit,
  Rlimit,
  RootFilesystem,
  TaskExit,
  TaskReason,
} from "#model/task.ts";

export type ContainerSpec = {
  readonly containerId: ContainerId;
  /** With the framework it names the sandbox. */
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  /** Of a task in the sandbox of an executor that runs others too: it has a directory there. */
  readonly nestedTaskId?: TaskId | undefined;
  /** In its sandbox before the command is run; one that cannot be had fails the launch. */
  readonly artifacts?: readonly Artifact[] | undefined;
  readonly command: CommandSpec;
  readonly root: RootFilesystem;
  /** Undefined: the agent's unprivileged default. */
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Further variables, to be written nowhere that outlives the container. */
  readonly secretEnv?: SecretEnvironment | undefined;
  readonly settings?: ContainerSettings | undefined;
  readonly resources: Resources;
  readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
  readonly controls?: Controls | undefined;
  /** Of each of its processes; what is not named is as usual. */
  readonly rlimits?: readonly Rlimit[] | undefined;
  readonly volumes?: readonly ContainerVolume[] | undefined;
  /** Absent: the host's. */
  readonly network?: ContainerNetwork | undefined;
  /** All containers of its executor that say so are in one network. */
  readonly sharesNetwork?: boolean | undefined;
};

export type ContainerEffect =
  | { readonly type: "launch"; readonly spec: ContainerSpec }
  /** To every process of the container (`TERM`), or to end it at once (`KILL`). */
  | { readonly type: "signal"; readonly containerId: ContainerId; readonly signal: "TERM" | "KILL" }
  /** After its exit was taken note of: frees all that the container held but its sandbox. */
  | { readonly type: "remove"; readonly containerId: ContainerId }
  | { readonly type: "remove-sandbox"; readonly frameworkId: FrameworkId; readonly executorId: ExecutorId }
  /** What it may use from now on; a container that has ended, or that cannot be changed, stays as it is. */
  | {
      readonly type: "update";
      readonly containerId: ContainerId;
      readonly resources: Resources;
      readonly limits: ContainerSpec["limits"];
    }
  /** Ahead of its first use; a container that uses one that is not there gets it made. */
  | { readonly type: "create-volume"; readonly volume: PersistentDirectory }
  /** With all that is in it; a launch that needs a new one of this name waits. */
  | { readonly type: "remove-volume"; readonly volume: PersistentDirectory }
  /** At start: tells the state of each known container, and destroys every other one of this agent. */
  | { readonly type: "recover"; readonly known: readonly ContainerId[] }
  /** `timeoutMs` 0: as long as it takes. */
  | {
      readonly type: "check";
      readonly containerId: ContainerId;
      readonly checkId: string;
      readonly probe: Probe;
      readonly timeoutMs: number;
    };

export type ContainerOutcome =
  | {
      readonly type: "launched";
      readonly containerId: ContainerId;
      readonly pid: number;
      /** Absent: the host's. */
      readonly networks?: readonly NetworkStatus[] | undefined;
    }
  /** How far a launch is that is under way: any number of these, and none is needed. */
  | { readonly type: "progress"; readonly containerId: ContainerId; readonly message: string }
  | {
      readonly type: "launch-failed";
      readonly containerId: ContainerId;
      readonly reason: TaskReason;
      readonly message: string;
    }
  | {
      readonly type: "exited";
      readonly containerId: ContainerId;
      readonly exit: TaskExit;
      /** Set when the kernel killed it for memory: the figures, for the message. */
      readonly outOfMemory:
        | { readonly limitBytes: number; readonly peakBytes: number | undefined }
        | undefined;
      /** Set when it was killed for another limit that it went beyond. */
      readonly limitation?:
        | {
            readonly reason: TaskReason;
            readonly message: string;
            readonly exceeded?: ExceededLimit | undefined;
          }
        | undefined;
    }
  | { readonly type: "removed"; readonly containerId: ContainerId }
  | { readonly type: "sandbox-removed"; readonly frameworkId: FrameworkId; readonly executorId: ExecutorId }
  /** `fault`: why something is left of it; until it is gone no container gets it. */
  | {
      readonly type: "volume-removed";
      readonly volume: PersistentDirectory;
      readonly fault?: string | undefined;
    }
  /** `exited` outcomes for those in `ended` follow by themselves. */
  | {
      readonly type: "recovered";
      readonly running: readonly ContainerId[];
      readonly ended: readonly ContainerId[];
      /** Nothing is known of these: they never started, or their host was restarted. */
      readonly missing: readonly ContainerId[];
      /** Which explains those that are missing. */
      readonly hostRestarted?: true | undefined;
      /** Of those that run, in networks of their own. */
      readonly networks?: readonly {
        readonly containerId: ContainerId;
        readonly networks: readonly NetworkStatus[];
      }[];
    }
  | {
      readonly type: "check-result";
      readonly containerId: ContainerId;
      readonly checkId: string;
      readonly ok: boolean;
      readonly message: string;
      /** Absent: it found nothing, as when it took too long. */
      readonly result?: CheckResult | undefined;
    };

export interface Containers {
  perform(effect: ContainerEffect): void;
  /** Set once, before the first `perform`. */
  onOutcome(listener: (outcome: ContainerOutcome) => void): void;
}
