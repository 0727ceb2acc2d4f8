/**
 * The agent's face: what comes in, what it asks to be done, and what it keeps.
 *
 * Everything that must survive `kill -9` of the agent is durable before it is acted on: who it is, each task
 * with its container, each status update that is not acknowledged.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { AgentId, ContainerId, FrameworkId, RoleName, SessionId, TaskId } from "#model/ids.ts";
import type { AgentMessage, Envelope, MasterMessage } from "#model/protocol/agent-link.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { TaskExit, TaskSpec, TaskStatus } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import type { ContainerEffect, ContainerOutcome } from "#ports/containers.ts";
import type { Row } from "#ports/room.ts";

export type AgentConfig = {
  readonly info: AgentInfo;
  /** Silence of the master after which the link is opened anew. */
  readonly masterTimeoutMs: number;
  readonly allowRoot: boolean;
};

export type AgentInput =
  /** First input after every start: recovers what was running before anything else. */
  | { readonly type: "start" }
  | { readonly type: "tick" }
  | { readonly type: "link-opened"; readonly session: SessionId }
  | { readonly type: "link-message"; readonly envelope: Envelope<MasterMessage> }
  | { readonly type: "link-closed"; readonly session: SessionId }
  | { readonly type: "container"; readonly outcome: ContainerOutcome }
  /** The cluster is told to stop: kill every task; `stopped` follows when nothing is left. */
  | { readonly type: "stop-tasks" };

export type AgentEffect =
  | { readonly type: "send"; readonly envelope: Envelope<AgentMessage> }
  | { readonly type: "reconnect"; readonly session: SessionId }
  | { readonly type: "container"; readonly effect: ContainerEffect }
  | { readonly type: "stopped" };

/** The agent's lasting identity. */
export type AgentIdentity = { readonly key: string; readonly agentId: AgentId | undefined };

/** Who wants a task ended: its framework, its health check, `unum up` that stops, a master that refused us. */
export const killCauses = ["request", "health-check", "stop", "refused"] as const;
export type KillCause = (typeof killCauses)[number];

export const containerPhases = ["launching", "running", "killing", "ended"] as const;
export type ContainerPhase = (typeof containerPhases)[number];

/** A task as checkpointed. */
export type HeldTask = {
  readonly spec: TaskSpec;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly containerId: ContainerId;
  readonly phase: ContainerPhase;
  readonly pid: number | undefined;
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
  readonly exit: TaskExit | undefined;
  /** The newest state that was put in the update stream. */
  readonly state: TaskState;
  /** The newest status that was put there, without its `updateId`. */
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
  | Row<"update-stream", UpdateStream>
  /** What is reserved here and made into volumes. */
  | Row<"checkpoint", ResourceCheckpoint>;
