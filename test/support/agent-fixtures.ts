/**
 * What the tests of an agent start from: its configuration, tasks, executors and what those say, each complete
 * and to be changed where a test cares.
 */

import type { AgentConfig } from "#core/agent/types.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import { agentId, executorId, frameworkId, roleName, taskId, updateId } from "#model/ids.ts";
import type { ExecutorUpdate } from "#model/protocol/executor.ts";
import { resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";

export const agentConfig: AgentConfig = {
  info: {
    name: "agent-1",
    hostname: "node1.example",
    endpoint: { address: "127.0.0.11", port: 5051 },
    resources: resources({ cpus: 4, mem: 4096 }),
    attributes: {},
    version: "0.1.0",
    isolation: "none",
  },
  masterTimeoutMs: 60_000,
  allowRoot: false,
};

export const ourAgentId = agentId("m-S0");
export const ourFramework = frameworkId("m-0000");

export const taskSpec = (id: string, change: Partial<TaskSpec> = {}): TaskSpec => ({
  taskId: taskId(id),
  name: id,
  agentId: ourAgentId,
  resources: resources({ cpus: 1, mem: 64 }),
  limits: {},
  command: { kind: "shell", text: "sleep 1000" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  labels: {},
  ports: [],
  killGraceMs: 3_000,
  healthCheck: undefined,
  ...change,
});

export const executorSpec = (id: string, change: Partial<ExecutorSpec> = {}): ExecutorSpec => ({
  executorId: executorId(id),
  kind: "custom",
  name: id,
  resources: resources({ cpus: 0.5, mem: 32 }),
  labels: [],
  command: { kind: "shell", text: "./executor" },
  root: { kind: "host" },
  user: undefined,
  env: {},
  shutdownGraceMs: 5_000,
  handed: "ZXhlY3V0b3I=",
  ...change,
});

export const ourFrameworkInfo: FrameworkInfo = {
  name: "ours",
  user: "nobody",
  roles: [roleName("*")],
  failoverTimeoutMs: 0,
  checkpoint: true,
  hostname: undefined,
  webuiUrl: undefined,
  principal: undefined,
  capabilities: ["partition-aware"],
  labels: {},
};

/** What an executor says of a task; its id is made of what it says, so that saying it again is a repetition. */
export const executorUpdate = (
  task: string,
  state: TaskState,
  change: Partial<ExecutorUpdate> = {},
): ExecutorUpdate => ({
  taskId: taskId(task),
  state,
  source: "executor",
  reason: undefined,
  message: "",
  timestampMs: 1_234,
  healthy: undefined,
  updateId: updateId(`${task}-${state}`),
  containerId: undefined,
  address: undefined,
  exit: undefined,
  ...change,
});

export const staleUpdateId = updateId("00000000-0000-4000-8000-000000000000");
