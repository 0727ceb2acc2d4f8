/**
 * The agent's face: what comes in, what it asks to be done, and what it keeps.
 *
 * Everything that must survive `kill -9` of the agent is durable before it is acted on: who it is, each task
 * with its container, each status update that is not acknowledged.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { NetworkStatus } from "#model/container-network.ts";
import type { ContainerVolume } from "#model/container-volume.ts";
import type { HeadroomPolicy } from "#model/disk-headroom.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import type { AgentId, ContainerId, FrameworkId, RoleName, SessionId, TaskId, UpdateId } from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import type { ExecutorCall, ExecutorEvent, ExecutorKey } from "#model/protocol/executor.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { Milli } from "#model/resources.ts";
import type { CheckResult, TaskExit, TaskSpec, TaskStatus } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import type { UsageReport } from "#model/usage-report.ts";
import type { ContainerEffect, ContainerOutcome } from "#ports/containers.ts";
import type { Row } from "#ports/room.ts";

export type AgentConfig = {
  readonly info: AgentInfo;
  /** Silence of the master after which the link is opened anew. */
  readonly masterTimeoutMs: number;
  readonly allowRoot: boolean;
  /** How long custom executors may take to subscribe: when they start, and when the agent comes back. */
  /** How long the files of what ended are kept. */
  readonly sandboxesKept?: HeadroomPolicy;
  readonly executorTimeouts?: { readonly registrationMs: number; readonly reregistrationMs: number };
};

export type AgentInput =
  /** First input after every start: recovers what was running before anything else. */
  | { readonly type: "start" }
  | { readonly type: "tick" }
  | { readonly type: "link-opened"; readonly session: SessionId }
  | { readonly type: "link-message"; readonly envelope: Envelope<MasterMessage> }
  | { readonly type: "link-closed"; readonly session: SessionId }
  | { readonly type: "container"; readonly outcome: ContainerOutcome }
  /**
   * `subscribe` makes the session the executor's and ends an older one; every other call comes on a session of
   * its own request and counts for the executor as long as that is subscribed.
   */
  | {
      readonly type: "executor-call";
      readonly session: SessionId;
      readonly executor: ExecutorKey;
      readonly call: ExecutorCall;
    }
  | { readonly type: "executor-closed"; readonly session: SessionId }
  /** Every now and then: what is really used; told with the next report. */
  | { readonly type: "usage"; readonly usage: UsageReport }
  /** Every now and then: how full the disk with the sandboxes is, from 0 to 1. */
  | { readonly type: "disk"; readonly usedShare: number }
  /** The cluster is told to stop: kill every task; `stopped` follows when nothing is left. */
  | { readonly type: "stop-tasks" };

export type AgentEffect =
  | { readonly type: "send"; readonly envelope: Envelope<AgentMessage> }
  | { readonly type: "reconnect"; readonly session: SessionId }
  | { readonly type: "container"; readonly effect: ContainerEffect }
  | { readonly type: "send-executor"; readonly session: SessionId; readonly event: ExecutorEvent }
  | { readonly type: "close-executor"; readonly session: SessionId }
  | { readonly type: "stopped" };

/** The agent's lasting identity. */
export type AgentIdentity = { readonly key: string; readonly agentId: AgentId | undefined };

/**
 * Who wants a task ended: its framework, its health check, its time being over, another of its group that
 * ended badly, `unum up` that stops, a master that refused us.
 */
export const killCauses = ["request", "health-check", "max-duration", "group", "stop", "refused"] as const;
export type KillCause = (typeof killCauses)[number];

export const containerPhases = ["launching", "running", "killing", "ended"] as const;
export type ContainerPhase = (typeof containerPhases)[number];

/**
 * Why an executor is made to end. `silent`: it never subscribed; `lost`: it did not come back to an agent that
 * was restarted; `idle`: all that it was started for was over before it could be told; `rude`: it broke the
 * rules; `request`: its framework wants it, the others as for tasks.
 */
export type ExecutorEndCause = "request" | "silent" | "lost" | "idle" | "rude" | "stop" | "refused";

/**
 * An executor as checkpointed. A custom one has a container, and its tasks are held tasks that name it and have
 * none. The default one is no process: its tasks have containers of their own, and it is there as long as one
 * of them is; it is always `running`, and has no token.
 */
/** `volume`: the key of its directory. */
export type MountedVolume = { readonly volume: string } & Pick<ContainerVolume, "containerPath" | "mode">;

export type HeldExecutor = {
  readonly spec: ExecutorSpec;
  readonly frameworkId: FrameworkId;
  readonly framework: FrameworkInfo;
  readonly role: RoleName;
  readonly containerId: ContainerId;
  readonly phase: Exclude<ContainerPhase, "ended">;
  readonly pid: number | undefined;
  /** Those that it is in; absent: the host's. */
  readonly networks?: readonly NetworkStatus[] | undefined;
  readonly launchedAtMs: number;
  /** Persistent volumes that its container was launched with and that were not wiped since; absent: not noted. */
  readonly mounted?: readonly MountedVolume[] | undefined;
  /** GPUs that its container was launched with; absent: none. */
  readonly gpus?: Milli | undefined;
  /** What it shows to be who it is; valid for it alone, for as long as it lives. */
  readonly token: string;
  /** It has subscribed once; until then it may be late, and is killed when it is too late. */
  readonly hasSubscribed: boolean;
  /** It has shown that it knows of a task: it may be idle now, and lives on. */
  readonly hasWorked: boolean;
  /** Since when it is asked to end, and why; it is killed when the grace is over. */
  readonly ending:
    | {
        readonly sinceMs: number;
        readonly graceMs: number;
        readonly cause: ExecutorEndCause;
        /** A sentence for people. */
        readonly reason: string;
      }
    | undefined;
};

/** A task as checkpointed. */
export type HeldTask = {
  readonly spec: TaskSpec;
  /** Of a task that an executor runs: who, as which kind. Undefined: the agent, by itself. */
  readonly runner?: ExecutorSpec["kind"] | undefined;
  /** The newest updates that its custom executor was told to be taken: they are not taken again. */
  readonly taken?: readonly UpdateId[] | undefined;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  /** Its own; of a custom executor's task, the executor's. */
  readonly containerId: ContainerId;
  readonly phase: ContainerPhase;
  readonly pid: number | undefined;
  /** Those that its container is in; absent: the host's, or its custom executor's. */
  readonly networks?: readonly NetworkStatus[] | undefined;
  readonly launchedAtMs: number;
  /** When its container was seen to run; undefined while it launches, or if it never ran. */
  readonly startedAtMs: number | undefined;
  /** Since when it is asked to end; the grace is over `graceMs` later. `reason` is a sentence for people. */
  readonly killing:
    | {
        readonly sinceMs: number;
        readonly graceMs: number;
        readonly cause: KillCause;
        readonly reason: string;
      }
    | undefined;
  /** What its health check last said; undefined: no check, or no result that counts yet. */
  readonly healthy: boolean | undefined;
  /** What its check last found; absent: nothing yet, or it has none. */
  readonly checkResult?: CheckResult | undefined;
  readonly exit: TaskExit | undefined;
  /** The newest state that was put in the update stream. */
  readonly state: TaskState;
  /** The newest status that was put there, without its `updateId` and what an executor said beside it. */
  readonly latest: TaskStatus | undefined;
};

/** The unacknowledged updates of one task, oldest first; the first is in flight. */
export type UpdateStream = {
  readonly taskId: TaskId;
  readonly frameworkId: FrameworkId;
  readonly pending: readonly TaskStatus[];
};

export type AgentPublicRecord =
  | Row<"identity", AgentIdentity>
  | Row<"held-task", HeldTask>
  | Row<"held-executor", HeldExecutor>
  | Row<"update-stream", UpdateStream>
  /** What is reserved here and made into volumes. */
  | Row<"checkpoint", ResourceCheckpoint>;
