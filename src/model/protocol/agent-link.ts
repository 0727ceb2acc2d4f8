/**
 * What agents and the master say to each other, over one connection an agent (version 3).
 *
 * Both sides number what they send within a session, and drop what is not newer than what they have seen:
 * a repeated or overtaken message is a lost one, and lost ones are repaired by the agent's periodic report.
 * No message is needed for correctness, only for speed (law 7).
 */

import type { AgentInfo } from "#model/agent.ts";
import type { ExecutorEnd, ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import type {
  AgentId,
  ExecutorId,
  FrameworkId,
  MasterId,
  RoleName,
  SessionId,
  TaskId,
  UpdateId,
} from "#model/ids.ts";
import type { ResourceCheckpoint } from "#model/resource-checkpoint.ts";
import type { TaskSpec, TaskStatus } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import type { UsageReport } from "#model/usage-report.ts";

export const agentLinkVersion = 4;

/** A task as its agent holds it: enough for a master that has forgotten everything. */
export type AgentTask = {
  readonly spec: TaskSpec;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly state: TaskState;
  readonly launchedAtMs: number;
  /** The newest thing that was said of it, without an `updateId`: a master that forgot learns its health. */
  readonly latest: TaskStatus | undefined;
};

/** An executor as its agent holds it. */
export type AgentExecutor = {
  readonly spec: ExecutorSpec;
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  readonly launchedAtMs: number;
};

/** Of an executor that is to be there: what starts it if it is not. */
export type RunExecutor = {
  readonly spec: ExecutorSpec;
  /** Of its resources, which are those of its first task. */
  readonly role: RoleName;
  readonly framework: FrameworkInfo;
};

/** An agent whose link has another version than ours. `release`: the version of its software. */
export type OtherVersion = {
  readonly version: number;
  readonly key: string;
  readonly name: string;
  readonly hostname: string;
  readonly release: string;
};

export type AgentMessage =
  /** First of each session, and repeated until `registered` comes: who I am and all that I hold. */
  | {
      readonly type: "register";
      readonly version: number;
      readonly key: string;
      readonly agentId: AgentId | undefined;
      /** Its resources are those of its configuration, without what is checkpointed. */
      readonly info: AgentInfo;
      readonly checkpoint: ResourceCheckpoint;
      /** Tasks that are not terminal, or whose terminal update is not acknowledged. */
      readonly tasks: readonly AgentTask[];
      /** Those that have not ended. */
      readonly executors: readonly AgentExecutor[];
    }
  /**
   * A `register` of another version, as it is read here: only what every version says in the same way. It never
   * travels by this name.
   */
  | ({ readonly type: "register-otherwise" } & OtherVersion)
  /** The answer to `ping`, sent too when something seems lost. `seen`: the newest number from the master. */
  | {
      readonly type: "report";
      readonly seen: number;
      readonly checkpointVersion: number;
      readonly tasks: readonly {
        readonly frameworkId: FrameworkId;
        readonly taskId: TaskId;
        readonly state: TaskState;
        /** How far its launch is, in words. */
        readonly progress?: string | undefined;
      }[];
      readonly executors: readonly {
        readonly frameworkId: FrameworkId;
        readonly executorId: ExecutorId;
      }[];
      /** What is really used, when it was measured since the report before. A lost one is no loss. */
      readonly usage?: UsageReport | undefined;
    }
  | {
      readonly type: "update";
      readonly frameworkId: FrameworkId;
      readonly status: TaskStatus;
      /** The task's newest state, which may be ahead of the status that is being delivered. */
      readonly latestState: TaskState;
    }
  /** Said once; the next report says so too, without the reason. */
  | {
      readonly type: "executor-ended";
      readonly frameworkId: FrameworkId;
      readonly executorId: ExecutorId;
      readonly end: ExecutorEnd;
    }
  /** From an executor to its framework, in base64; may be lost. */
  | ({ readonly type: "executor-message" } & ExecutorMessage);

export type MasterMessage =
  | { readonly type: "registered"; readonly agentId: AgentId; readonly masterId: MasterId }
  /** The agent is not wanted under this id (marked gone): it kills its tasks and registers as a new agent. */
  | { readonly type: "refused"; readonly reason: string }
  /**
   * This master cannot understand the agent, whose tasks go on until one of the two is exchanged. Every version
   * of the link has this message with these members, and reads it before it is registered.
   */
  | { readonly type: "incompatible"; readonly version: number; readonly reason: string }
  | { readonly type: "ping" }
  | {
      readonly type: "run";
      readonly frameworkId: FrameworkId;
      readonly role: RoleName;
      /** One, or all of a group. */
      readonly tasks: readonly TaskSpec[];
      /** Of tasks that name one. */
      readonly executor: RunExecutor | undefined;
    }
  /** What the agent has reserved and made into volumes from now on; an older version is ignored. */
  | { readonly type: "checkpoint"; readonly checkpoint: ResourceCheckpoint }
  | {
      readonly type: "kill";
      readonly frameworkId: FrameworkId;
      readonly taskId: TaskId;
      readonly graceMs: number | undefined;
    }
  | {
      readonly type: "acknowledge";
      readonly frameworkId: FrameworkId;
      readonly taskId: TaskId;
      readonly updateId: UpdateId;
    }
  /** Asks the executor to end, with all of its tasks; killed when its grace is over. */
  | {
      readonly type: "shutdown-executor";
      readonly frameworkId: FrameworkId;
      readonly executorId: ExecutorId;
    }
  /** From a framework to its executor, in base64; may be lost. */
  | ({ readonly type: "executor-message" } & ExecutorMessage);

type ExecutorMessage = {
  readonly frameworkId: FrameworkId;
  readonly executorId: ExecutorId;
  readonly data: string;
};

export type Envelope<Message> = {
  readonly session: SessionId;
  /** 1, 2, 3 … within the session and direction. */
  readonly number: number;
  readonly message: Message;
};
