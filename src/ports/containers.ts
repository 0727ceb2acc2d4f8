/**
 * Containers: what the agent's room asks for, and what comes back. Both are data.
 *
 * Contract (one suite runs against the fake and the real thing): every effect but `signal` is answered by
 * exactly one outcome of its own, in any order; an `exited` comes once for each container that was launched,
 * whoever was watching when it happened; effects on a container that is not there are harmless.
 */

import type { ContainerId, FrameworkId, TaskId } from "#model/ids.ts";
import type { Resources } from "#model/resources.ts";
import type { CommandSpec, ResourceLimit, RootFilesystem, TaskExit, TaskReason } from "#model/task.ts";

export type ContainerSpec = {
  readonly containerId: ContainerId;
  readonly taskId: TaskId;
  readonly frameworkId: FrameworkId;
  readonly command: CommandSpec;
  readonly root: RootFilesystem;
  /** Undefined: the agent's unprivileged default. */
  readonly user: string | undefined;
  readonly workingDirectory: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly resources: Resources;
  readonly limits: { readonly cpus?: ResourceLimit; readonly mem?: ResourceLimit };
};

export type ContainerEffect =
  | { readonly type: "launch"; readonly spec: ContainerSpec }
  /** To every process of the container (`TERM`), or to end it at once (`KILL`). */
  | { readonly type: "signal"; readonly containerId: ContainerId; readonly signal: "TERM" | "KILL" }
  /** After its exit was taken note of: frees all that the container held but its sandbox. */
  | { readonly type: "remove"; readonly containerId: ContainerId }
  | { readonly type: "remove-sandbox"; readonly frameworkId: FrameworkId; readonly taskId: TaskId }
  /** At start: tells the state of each known container, and destroys every other one of this agent. */
  | { readonly type: "recover"; readonly known: readonly ContainerId[] }
  | {
      readonly type: "check";
      readonly containerId: ContainerId;
      readonly checkId: string;
      readonly command: CommandSpec;
      readonly timeoutMs: number;
    };

export type ContainerOutcome =
  | { readonly type: "launched"; readonly containerId: ContainerId; readonly pid: number }
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
    }
  | { readonly type: "removed"; readonly containerId: ContainerId }
  | { readonly type: "sandbox-removed"; readonly taskId: TaskId }
  /** `exited` outcomes for those in `ended` follow by themselves. */
  | {
      readonly type: "recovered";
      readonly running: readonly ContainerId[];
      readonly ended: readonly ContainerId[];
      /** Nothing is known of these: they never started, or their host was restarted. */
      readonly missing: readonly ContainerId[];
    }
  | {
      readonly type: "check-result";
      readonly containerId: ContainerId;
      readonly checkId: string;
      readonly ok: boolean;
      readonly message: string;
    };

export interface Containers {
  perform(effect: ContainerEffect): void;
  /** Set once, before the first `perform`. */
  onOutcome(listener: (outcome: ContainerOutcome) => void): void;
}
