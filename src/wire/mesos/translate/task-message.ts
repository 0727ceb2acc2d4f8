/**
 * Tasks and their statuses as the v1 API shows them to those who look (`Task`, `TaskStatus`).
 */

import { fromMilli } from "#model/resources.ts";
import type { StatusSource, Task, TaskReason, TaskSpec, TaskStatus } from "#model/task.ts";
import type { TaskState } from "#model/task-state.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { taskStateNames } from "../task-state.ts";
import { labelRecordMessage, uuidBytes } from "./basics.ts";
import { containerMessage } from "./container.ts";
import { healthCheckMessage } from "./health-check.ts";
import { bareResources } from "./shown-resources.ts";
import { timeMessage } from "./time-message.ts";

export type TaskMessage = MessageOf<"Task">;
export type StatusMessage = MessageOf<"TaskStatus">;

export function taskMessage(task: Task): TaskMessage {
  const { spec, group } = task;
  const last = task.statuses.at(-1);
  const labels = labelRecordMessage(spec.labels);
  const discovery = discoveryMessage(spec);
  const limits = limitsMessage(spec);
  return {
    name: spec.name,
    task_id: { value: spec.taskId },
    framework_id: { value: task.frameworkId },
    ...(group === undefined ? {} : { executor_id: { value: group.executorId } }),
    agent_id: { value: spec.agentId },
    state: taskStates[task.state],
    resources: bareResources(spec.resources, task.role),
    ...(task.statuses.length === 0
      ? {}
      : { statuses: task.statuses.map((status) => statusMessage(status, executorOf(task))) }),
    ...(last === undefined ? {} : { status_update_state: taskStates[last.state] }),
    status_update_uuid: last?.updateId === undefined ? undefined : uuidBytes(last.updateId),
    ...(labels === undefined ? {} : { labels }),
    ...(discovery === undefined ? {} : { discovery }),
    container: containerMessage(spec.root),
    health_check: spec.healthCheck === undefined ? undefined : healthCheckMessage(spec.healthCheck),
    ...(spec.user === undefined ? {} : { user: spec.user }),
    ...(limits.size === 0 ? {} : { limits }),
  };
}

/** A task without a group has an executor of its own, of the same name. */
export const executorOf = ({ spec, group }: Pick<Task, "spec" | "group">): string =>
  group?.executorId ?? spec.taskId;

export function statusMessage(status: TaskStatus, executorId: string): StatusMessage {
  const container = containerStatusMessage(status);
  return {
    task_id: { value: status.taskId },
    state: taskStates[status.state],
    ...(status.message === "" ? {} : { message: status.message }),
    source: sources[status.source],
    ...(status.reason === undefined ? {} : { reason: reasons[status.reason] }),
    ...(status.agentId === undefined ? {} : { agent_id: { value: status.agentId } }),
    ...(status.source === "master" ? {} : { executor_id: { value: executorId } }),
    timestamp: status.timestampMs / 1_000,
    uuid: status.updateId === undefined ? undefined : uuidBytes(status.updateId),
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
    ...(container === undefined ? {} : { container_status: container }),
    ...(becameUnreachable(status) ? { unreachable_time: timeMessage(status.timestampMs) } : {}),
  };
}

/** What is said later, when it is asked for, does not say since when. */
const becameUnreachable = ({ state, reason }: TaskStatus): boolean =>
  state === "unreachable" && reason !== "reconciliation";

function containerStatusMessage({
  containerId,
  address,
}: TaskStatus): MessageOf<"ContainerStatus"> | undefined {
  if (containerId === undefined && address === undefined) return undefined;
  return {
    ...(containerId === undefined ? {} : { container_id: { value: containerId } }),
    ...(address === undefined ? {} : { network_infos: [networkMessage(address)] }),
  };
}

const networkMessage = (address: string): MessageOf<"NetworkInfo"> => ({
  ip_addresses: [{ protocol: address.includes(":") ? "IPv6" : "IPv4", ip_address: address }],
});

function discoveryMessage({ name, ports }: TaskSpec): MessageOf<"DiscoveryInfo"> | undefined {
  if (ports.length === 0) return undefined;
  return {
    visibility: "FRAMEWORK",
    name,
    ports: {
      ports: ports.map((port) => ({
        number: port.number,
        ...(port.name === undefined ? {} : { name: port.name }),
        protocol: port.protocol,
      })),
    },
  };
}

function limitsMessage({ limits }: TaskSpec): ReadonlyMap<string, MessageOf<"Value.Scalar">> {
  const map = new Map<string, MessageOf<"Value.Scalar">>();
  for (const name of ["cpus", "mem"] as const) {
    const limit = limits[name];
    if (limit === undefined) continue;
    map.set(name, { value: limit === "unlimited" ? Number.POSITIVE_INFINITY : fromMilli(limit) });
  }
  return map;
}

/** The names are those of all of Mesos's APIs. */
export const taskStates = taskStateNames as Readonly<Record<TaskState, EnumOf<"TaskState">>>;

const sources: Readonly<Record<StatusSource, EnumOf<"TaskStatus.Source">>> = {
  master: "SOURCE_MASTER",
  agent: "SOURCE_AGENT",
  executor: "SOURCE_EXECUTOR",
};

const reasons: Readonly<Record<TaskReason, EnumOf<"TaskStatus.Reason">>> = {
  "container-launch-failed": "REASON_CONTAINER_LAUNCH_FAILED",
  "container-limitation-memory": "REASON_CONTAINER_LIMITATION_MEMORY",
  "container-limitation-disk": "REASON_CONTAINER_LIMITATION_DISK",
  "container-update-failed": "REASON_CONTAINER_UPDATE_FAILED",
  "command-executor-failed": "REASON_COMMAND_EXECUTOR_FAILED",
  "executor-terminated": "REASON_EXECUTOR_TERMINATED",
  "health-check-status-updated": "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED",
  "task-killed-during-launch": "REASON_TASK_KILLED_DURING_LAUNCH",
  "agent-disconnected": "REASON_AGENT_DISCONNECTED",
  "agent-removed": "REASON_AGENT_REMOVED",
  "agent-restarted": "REASON_AGENT_RESTARTED",
  "agent-reregistered": "REASON_AGENT_REREGISTERED",
  "agent-removed-by-operator": "REASON_AGENT_REMOVED_BY_OPERATOR",
  "agent-unknown": "REASON_AGENT_UNKNOWN",
  "framework-removed": "REASON_FRAMEWORK_REMOVED",
  "invalid-offers": "REASON_INVALID_OFFERS",
  "invalid-frameworkid": "REASON_INVALID_FRAMEWORKID",
  reconciliation: "REASON_RECONCILIATION",
  "resources-unknown": "REASON_RESOURCES_UNKNOWN",
  "task-invalid": "REASON_TASK_INVALID",
  "task-unauthorized": "REASON_TASK_UNAUTHORIZED",
  "task-unknown": "REASON_TASK_UNKNOWN",
};
