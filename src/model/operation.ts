/**
 * Operations: what is done with offered resources, by a framework with an accept or by an operator.
 *
 * Those on reservations and volumes turn some resources into others, at once in the master's book and
 * lastingly at the agent. One that carries an id is reported on until its framework has acknowledged it.
 */

import type { ExecutorSpec } from "#model/executor.ts";
import type { AgentId, FrameworkId, OperationId, RoleName, TaskId, UpdateId } from "#model/ids.ts";
import type { Resource } from "#model/resource.ts";
import type { Milli } from "#model/resource-value.ts";
import type { Resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";

/** Turns some resources into others. */
export type ConvertingOperation =
  /** `source`: what the resources are reserved as now; absent: the same without the top reservation. */
  | { readonly kind: "reserve"; readonly resources: Resources; readonly source?: Resources | undefined }
  | { readonly kind: "unreserve"; readonly resources: Resources }
  | { readonly kind: "create"; readonly volumes: Resources }
  | { readonly kind: "destroy"; readonly volumes: Resources }
  | { readonly kind: "grow-volume"; readonly volume: Resource; readonly addition: Resource }
  | { readonly kind: "shrink-volume"; readonly volume: Resource; readonly subtract: Milli };

/** Of resource providers, of which there are none: always an error. */
export type DiskOperation =
  | {
      readonly kind: "create-disk";
      readonly source: Resource;
      readonly targetType: "mount" | "block";
      readonly targetProfile: string | undefined;
    }
  | { readonly kind: "destroy-disk"; readonly source: Resource };

export type LaunchOperation =
  /** `executors`: those that the tasks name, each once. */
  | {
      readonly kind: "launch";
      readonly tasks: readonly TaskSpec[];
      readonly executors: readonly ExecutorSpec[];
    }
  /** All of the tasks or none; each names the executor and the group. */
  | { readonly kind: "launch-group"; readonly executor: ExecutorSpec; readonly tasks: readonly TaskSpec[] }
  /** Tasks that are wrong in themselves: said so, unless the offers are what is wrong first. */
  | {
      readonly kind: "refuse-tasks";
      readonly reason: "task-invalid" | "task-group-invalid";
      readonly tasks: readonly RefusedTask[];
    };

/** A task that what its framework wrote of it alone shows to be impossible, and why. */
export type RefusedTask = { readonly taskId: TaskId; readonly agentId: AgentId; readonly message: string };

/** `operationId`: the framework's own name for it; absent: it wants no word of how it went. */
export type OfferOperation = (ConvertingOperation | DiskOperation | LaunchOperation) & {
  readonly operationId?: OperationId | undefined;
  readonly allocations?: readonly SaidAllocation[] | undefined;
};

/** A role to which a framework says that what it names is allocated; `taskId`: what that task names. */
export type SaidAllocation = { readonly role: RoleName; readonly taskId: TaskId | undefined };

export const operationStates = [
  "pending",
  "finished",
  "failed",
  "error",
  "dropped",
  "unreachable",
  "gone-by-operator",
  "recovering",
  "unknown",
] as const;
export type OperationState = (typeof operationStates)[number];

export type OperationStatus = {
  readonly operationId: OperationId | undefined;
  readonly state: OperationState;
  readonly message: string;
  readonly convertedResources: Resources | undefined;
  /** Present when the status is repeated until it is acknowledged. */
  readonly updateId: UpdateId | undefined;
  readonly agentId: AgentId | undefined;
};

/** An operation as the master keeps it, until its agent has it and its framework knows. */
export type Operation = {
  /** Our own name of it; `operationId` is the framework's. */
  readonly uuid: string;
  /** Absent: an operator's. */
  readonly frameworkId: FrameworkId | undefined;
  readonly agentId: AgentId;
  readonly info: ConvertingOperation & { readonly operationId?: OperationId | undefined };
  readonly state: OperationState;
  /** The agent has done it when it keeps this version of its checkpoint, or a later one. */
  readonly checkpointVersion: number;
  readonly convertedResources: Resources;
  /** Of the status that waits for its acknowledgement. */
  readonly updateId: UpdateId | undefined;
  readonly madeAtMs: number;
};
