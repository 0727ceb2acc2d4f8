/**
 * What tests of the master are made of: a configuration, an agent, a framework, a task.
 */

import type { MasterConfig } from "#core/master/types.ts";
import type { AgentInfo } from "#model/agent.ts";
import type { ExecutorSpec } from "#model/executor.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import { type AgentId, executorId, type FrameworkId, type RoleName, roleName, taskId } from "#model/ids.ts";
import type { AgentExecutor, AgentTask } from "#model/protocol/agent-link.ts";
import { type Resources, resources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";

export const testMasterConfig: MasterConfig = {
  pingIntervalMs: 10_000,
  agentTimeoutMs: 60_000,
  agentReregisterTimeoutMs: 600_000,
  allocationIntervalMs: 1_000,
  offerTimeoutMs: undefined,
  minAllocatable: { cpus: 0.01, mem: 32 },
  roleWeights: {},
};

export const agentResources: Resources = resources({
  cpus: 4,
  mem: 4096,
  disk: 10_000,
  ports: [[31000, 31009]],
});

export const agentInfo = (name: string, total: Resources = agentResources): AgentInfo => ({
  name,
  hostname: `${name}.test`,
  endpoint: { address: "127.0.0.1", port: 5051 },
  resources: total,
  attributes: {},
  version: "test",
  isolation: "none",
});

export const frameworkInfo = (changes: Partial<FrameworkInfo> = {}): FrameworkInfo => ({
  name: "test",
  user: "root",
  roles: [roleName("*")],
  failoverTimeoutMs: 100_000,
  checkpoint: true,
  hostname: undefined,
  webuiUrl: undefined,
  principal: undefined,
  capabilities: ["partition-aware"],
  labels: {},
  ...changes,
});

export const taskSpec = (
  id: string,
  onAgent: AgentId,
  amount: Resources = resources({ cpus: 1, mem: 100 }),
): TaskSpec => ({
  taskId: taskId(id),
  name: id,
  agentId: onAgent,
  resources: amount,
  limits: {},
  command: { kind: "shell", text: "sleep 1" },
  root: { kind: "host" },
  user: undefined,
  workingDirectory: undefined,
  env: {},
  labels: {},
  ports: [],
  killGraceMs: 3_000,
  healthCheck: undefined,
});

/** A program of the framework's own. */
export const executorSpec = (
  id: string,
  amount: Resources = resources({ cpus: 0.5, mem: 64, disk: 1 }),
  kind: ExecutorSpec["kind"] = "custom",
): ExecutorSpec => ({
  executorId: executorId(id),
  kind,
  name: id,
  resources: amount,
  labels: [],
  command: kind === "default" ? undefined : { kind: "shell", text: "./executor" },
  root: { kind: "host" },
  user: undefined,
  env: {},
  shutdownGraceMs: 5_000,
  handed: "",
});

export const heldExecutor = (
  spec: ExecutorSpec,
  frameworkId: FrameworkId,
  role: RoleName = roleName("*"),
): AgentExecutor => ({ spec, frameworkId, role, launchedAtMs: 1 });

/** A task of an executor; with `groupId`, of a group. */
export const onExecutor = (spec: TaskSpec, id: string, groupId?: string): TaskSpec => ({
  ...spec,
  executorId: executorId(id),
  ...(groupId === undefined ? {} : { groupId: taskId(groupId) }),
});

export const heldTask = (
  spec: TaskSpec,
  frameworkId: FrameworkId,
  state: TaskState,
  role: RoleName = roleName("*"),
): AgentTask => ({ spec, frameworkId, role, state, launchedAtMs: 1, latest: undefined });
