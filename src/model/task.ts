/**
 * Tasks: what a framework asks an agent to run, and what is said about it afterwards.
 *
 * A `TaskSpec` never changes once it is accepted. A `TaskStatus` is one report; those that come from an
 * agent carry an `updateId` and are repeated until acknowledged, those that the master makes carry none.
 */

import type { Artifact } from "#model/artifact.ts";
import type { ContainerNetwork, NetworkStatus } from "#model/container-network.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import type { Volume } from "#model/container-volume.ts";
import type { Controls } from "#model/controls.ts";
import type {
  AgentId,
  ContainerId,
  ExecutorId,
  FrameworkId,
  RoleName,
  TaskId,
  UpdateId,
} from "#model/ids.ts";
import type { Label } from "#model/resource.ts";
import type { Milli, Resources } from "#model/resources.ts";
import type { SecretEnvironment, SecretReference } from "#model/secret.ts";
import type { TaskState } from "#model/task-state.ts";

/** A command that says itself what is run. */
export type OwnCommand =
  | { readonly kind: "shell"; readonly text: string }
  | { readonly kind: "argv"; readonly argv: readonly string[] };

export type CommandSpec =
  | OwnCommand
  /** The image's own way to start, with these arguments, or with the image's where there are none. */
  | { readonly kind: "entrypoint"; readonly arguments: readonly string[] };

/** What a task sees as its file system. `host`: the host's own, masked and read-only. */
export type RootFilesystem =
  | { readonly kind: "host" }
  /** A directory or a tarball on the agent, below a directory that its operator allowed. */
  | { readonly kind: "file"; readonly path: string }
  /** An image of a registry, by the name people give it: `[host/]path[:tag][@digest]`. */
  | {
      readonly kind: "image";
      readonly reference: string;
      /** The registry is asked what the name means now, although the agent has an image of that name. */
      readonly forcePull: boolean;
      /** As which type of container it was asked for, so that it is shown so; it runs the same. */
      readonly container: "mesos" | "docker";
      /** Docker's `config.json` for this task's pulls; it goes before the operator's, and is never shown. */
      readonly pullConfig?: string | undefined;
      /** The same, kept by the agent's operator. */
      readonly pullSecret?: SecretReference | undefined;
    };

export type ResourceLimit = Milli | "unlimited";

/** What one process may use of the kernel's bounds, by the names that POSIX and Linux have for them. */
export const rlimitTypes = [
  "as",
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
] as const;
export type RlimitType = (typeof rlimitTypes)[number];

/** Each process begins with `soft` and may raise it to `hard`, both in the unit of their type. */
export type Rlimit = {
  readonly type: RlimitType;
  readonly soft: number | "unlimited";
  readonly hard: number | "unlimited";
};

/** A command run inside the task's container. */
export type CommandProbe = {
  readonly command: OwnCommand;
  /** Beside the task's own variables, and before them. */
  readonly env?: Readonly<Record<string, string>> | undefined;
};

export const ipFamilies = ["IPv4", "IPv6"] as const;
export type IpFamily = (typeof ipFamilies)[number];

/** A port of the task, as the task itself reaches it: at the loopback address of its own network. */
export type TcpProbe = { readonly tcp: { readonly port: number; readonly family: IpFamily } };

/** A GET; redirects are followed, a certificate is not verified. */
export type HttpProbe = {
  readonly http: {
    readonly scheme: "http" | "https";
    readonly port: number;
    readonly path: string;
    readonly family: IpFamily;
    /** Kept to be shown: from 200 to 399 everything is well, whatever is said here (Mesos's rule). */
    readonly statuses?: readonly number[] | undefined;
  };
};

/** How the agent looks after a task. */
export type Probe = CommandProbe | HttpProbe | TcpProbe;

export type CheckTimes = {
  readonly delayMs: number;
  readonly intervalMs: number;
  /** 0: it may take as long as it likes. */
  readonly timeoutMs: number;
};

export type HealthTimes = CheckTimes & {
  readonly gracePeriodMs: number;
  /** Kill the task after this many failures in a row; 0 kills at the first (Mesos's rule for agent checks). */
  readonly maxConsecutiveFailures: number;
};

export type CommandCheck = CommandProbe & HealthTimes;

/** A check that the agent makes, and judges. */
export type TaskHealthCheck = Probe & HealthTimes;

/** A check that the agent makes, and whose results it only tells. */
export type TaskCheck = Probe & CheckTimes;

/** What a probe found; without its one member there was nothing to find, for it took too long, say. */
export type CheckResult =
  | { readonly kind: "command"; readonly exitCode?: number | undefined }
  | { readonly kind: "http"; readonly statusCode?: number | undefined }
  | { readonly kind: "tcp"; readonly succeeded?: boolean | undefined };

export function noResult(probe: Probe): CheckResult {
  if ("command" in probe) return { kind: "command" };
  return "http" in probe ? { kind: "http" } : { kind: "tcp" };
}

export type TaskPort = {
  readonly number: number;
  readonly name: string | undefined;
  readonly protocol: string;
  readonly visibility?: Visibility | undefined;
  readonly labels?: readonly Label[] | undefined;
};

export const visibilities = ["framework", "cluster", "external"] as const;
export type Visibility = (typeof visibilities)[number];

/** How a task wants to be found; its ports are those of its specification. */
export type Discovery = {
  readonly visibility: Visibility;
  readonly name: string | undefined;
  readonly environment: string | undefined;
  readonly location: string | undefined;
  readonly version: string | undefined;
  readonly labels: readonly Label[];
};

export type TaskSpec = {
  readonly taskId: TaskId;
  readonly name: string;
  readonly agentId: AgentId;
  readonly resources: Resources;
  /** Upper bounds where they differ from the request; absent: cpu by shares only, memory as requested. */
  readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
  /** Of the kernel's controllers, beside these. */
  readonly controls?: Controls | undefined;
  /** Of each of its processes. */
  readonly rlimits?: readonly Rlimit[] | undefined;
  /** Fetched into its sandbox before it starts. */
  readonly artifacts?: readonly Artifact[] | undefined;
  /** Beside the persistent ones among its resources. */
  readonly volumes?: readonly Volume[] | undefined;
  /** Absent: the host's; of a group's task, its executor's. */
  readonly network?: ContainerNetwork | undefined;
  /** Absent: a custom executor knows what to do. */
  readonly command: CommandSpec | undefined;
  readonly root: RootFilesystem;
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Further variables, which nobody but the task sees. */
  readonly secretEnv?: SecretEnvironment | undefined;
  /** Absent: a usual container. */
  readonly settings?: ContainerSettings | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** The same in its framework's own order, where a key comes twice or has no value; absent: `labels` say it all. */
  readonly labelList?: readonly Label[] | undefined;
  readonly ports: readonly TaskPort[];
  readonly killGraceMs: number;
  /** Its framework knows the state `killing`, and is told of it by whoever of us ends the task. */
  readonly tellsKilling?: boolean | undefined;
  readonly healthCheck: TaskHealthCheck | undefined;
  readonly check?: TaskCheck | undefined;
  /** Who runs it; absent: the agent, in a container of the task's own. */
  readonly executorId?: ExecutorId | undefined;
  /** Of a task that shares its life with others: the id of the first of them. */
  readonly groupId?: TaskId | undefined;
  /** As its framework wrote it, in base64 and opaque here: what a custom executor is given. */
  readonly handed?: string | undefined;
  readonly discovery?: Discovery | undefined;
  /** A task that runs longer is killed, and has failed. */
  readonly maxDurationMs?: number | undefined;
};

export type StatusSource = "master" | "agent" | "executor";

export const taskReasons = [
  "agent-disconnected",
  "agent-draining",
  "agent-removed",
  "agent-removed-by-operator",
  "agent-reregistered",
  "agent-restarted",
  "agent-unknown",
  "command-executor-failed",
  "container-launch-failed",
  "container-limitation",
  "container-limitation-disk",
  "container-limitation-memory",
  "container-preempted",
  "container-update-failed",
  "executor-registration-timeout",
  "executor-reregistration-timeout",
  "executor-terminated",
  "executor-unregistered",
  "framework-removed",
  "gc-error",
  "health-check-status-updated",
  "invalid-frameworkid",
  "invalid-offers",
  "io-switchboard-exited",
  "master-disconnected",
  "max-completion-time-reached",
  "reconciliation",
  "resources-unknown",
  "task-check-status-updated",
  "task-group-invalid",
  "task-group-unauthorized",
  "task-invalid",
  "task-killed-during-launch",
  "task-unauthorized",
  "task-unknown",
] as const;
export type TaskReason = (typeof taskReasons)[number];

export type TaskExit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: number };

/** What a task had of that of which it took more, and was ended for it. */
export type ExceededLimit =
  | { readonly name: "disk" | "mem"; readonly amount: Milli }
  | { readonly name: "ports"; readonly ports: readonly number[] };

export type TaskStatus = {
  readonly taskId: TaskId;
  readonly agentId: AgentId | undefined;
  readonly state: TaskState;
  readonly source: StatusSource;
  readonly reason: TaskReason | undefined;
  readonly message: string;
  readonly timestampMs: number;
  readonly healthy: boolean | undefined;
  /** Present when the sender repeats the status until it is acknowledged. */
  readonly updateId: UpdateId | undefined;
  readonly containerId: ContainerId | undefined;
  /** The address at which the task's ports are reached. */
  readonly address: string | undefined;
  /** Those that its container is in; absent: the host's. */
  readonly networks?: readonly NetworkStatus[] | undefined;
  readonly exit: TaskExit | undefined;
  readonly exceeded?: ExceededLimit | undefined;
  /** What a custom executor says beside it, in base64. */
  readonly data?: string | undefined;
  readonly labels?: readonly Label[] | undefined;
  /** What the task's check said, as its custom executor wrote it: in base64 and opaque here. */
  readonly checkStatus?: string | undefined;
  /** Of a task with a check that the agent makes: what that last found. */
  readonly checkResult?: CheckResult | undefined;
  /** Of a status that comes from an agent: who ran the task; absent: nobody but the agent itself. */
  readonly executorId?: ExecutorId | undefined;
};

/** A task as the master knows it. */
export type Task = {
  readonly spec: TaskSpec;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  /** The newest state that the agent reported or the master decided. */
  readonly state: TaskState;
  /** Newest last, at most `limits.statusesPerTaskMax`. */
  readonly statuses: readonly TaskStatus[];
  /** The update that was forwarded and is not acknowledged yet. */
  readonly unackedUpdateId: UpdateId | undefined;
  readonly launchedAtMs: number;
  /** How far its launch is, as its agent last said; absent: nothing was said, or it is over. */
  readonly progress?: string | undefined;
};
