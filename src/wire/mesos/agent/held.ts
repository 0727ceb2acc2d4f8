/**
 * What an agent holds, as its door hands it over to be shown.
 */

import type { AgentInfo } from "#model/agent.ts";
import type { Task } from "#model/task.ts";

export type HeldContainer = {
  readonly task: Task;
  readonly containerId: string;
  /** Of the container's first process; undefined before it runs. */
  readonly pid: number | undefined;
  readonly phase: "queued" | "launched" | "terminated";
};

export type AgentSnapshot = {
  readonly agentId: string | undefined;
  readonly info: AgentInfo;
  readonly isRegistered: boolean;
  readonly startedAtMs: number;
  readonly nowMs: number;
  readonly containers: readonly HeldContainer[];
};
