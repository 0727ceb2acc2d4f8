/**
 * Tasks and their statuses as the v1 API shows them to those who look (`Task`, `TaskStatus`).
 */

import { fromMilli } from "#model/resources.ts";
import type { ExceededLimit, Task, TaskSpec, TaskStatus } from "#model/task.ts";
import { bytesOfBase64 } from "../codec/json/base64.ts";
import type { MessageOf } from "../proto/tables.ts";
import {
  killGraceMsDefault,
  labelListMessage,
  labelRecordMessage,
  nanosecondsOf,
  uuidBytes,
} from "./basics.ts";
import { checkResultMessage } from "./check-info.ts";
import { containerMessage } from "./container.ts";
import { discoveryMessage } from "./discovery.ts";
import { handedMessage } from "./executor-info.ts";
import { healthCheckMessage } from "./health-check.ts";
import { statusNetworks } from "./networks.ts";
import { bareResources } from "./shown-resources.ts";
import { statusSourceNames, taskReasonNames, taskStates } from "./task-names.ts";
import { timeMessage } from "./time-message.ts";

export type TaskMessage = MessageOf<"Task">;
export type StatusMessage = MessageOf<"TaskStatus">;

export function taskMessage(task: Task): TaskMessage {
  const { spec } = task;
  // What its agent last said: the master's own word, that it is out of reach, waits for no acknowledgement.
  const last = task.statuses.findLast(({ source }) => source !== "master");
  const labels =
    spec.labelList === undefined ? labelRecordMessage(spec.labels) : labelListMessage(spec.labelList);
  const discovery = discoveryMessage(spec);
  const limits = limitsMessage(spec);
  return {
    name: spec.name,
    task_id: { value: spec.taskId },
    framework_id: { value: task.frameworkId },
    ...(spec.executorId === undefined ? {} : { executor_id: { value: spec.executorId } }),
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
    container: containerMessage(spec),
    health_check: spec.healthCheck === undefined ? undefined : healthCheckMessage(spec.healthCheck),
    ...(spec.killGraceMs === killGraceMsDefault
      ? {}
      : { kill_policy: { grace_period: { nanoseconds: nanosecondsOf(spec.killGraceMs) } } }),
    ...(spec.user === undefined ? {} : { user: spec.user }),
    ...(limits.size === 0 ? {} : { limits }),
  };
}

/** A task that brings no executor has one of its own, of the same name. */
export const executorOf = ({ spec }: Pick<Task, "spec">): string => spec.executorId ?? spec.taskId;

export function statusMessage(status: TaskStatus, executorId: string): StatusMessage {
  const container = containerStatusMessage(status);
  const data = status.data === undefined ? undefined : bytesOfBase64(status.data);
  const labels = labelListMessage(status.labels ?? []);
  const check = checkStatusMessage(status);
  return {
    task_id: { value: status.taskId },
    state: taskStates[status.state],
    ...(status.message === "" ? {} : { message: status.message }),
    source: statusSourceNames[status.source],
    ...(status.reason === undefined ? {} : { reason: taskReasonNames[status.reason] }),
    ...(data !== undefined && "bytes" in data ? { data: data.bytes } : {}),
    ...(status.agentId === undefined ? {} : { agent_id: { value: status.agentId } }),
    ...(status.source === "master" ? {} : { executor_id: { value: status.executorId ?? executorId } }),
    timestamp: status.timestampMs / 1_000,
    uuid: status.updateId === undefined ? undefined : uuidBytes(status.updateId),
    ...(status.healthy === undefined ? {} : { healthy: status.healthy }),
    ...(check === undefined ? {} : { check_status: check }),
    ...(labels === undefined ? {} : { labels }),
    ...(container === undefined ? {} : { container_status: container }),
    ...(status.exceeded === undefined
      ? {}
      : { limitation: { resources: [limitedResource(status.exceeded)] } }),
    ...(becameUnreachable(status) ? { unreachable_time: timeMessage(status.timestampMs) } : {}),
  };
}

/** Each port stands for itself. */
const limitedResource = (exceeded: ExceededLimit): MessageOf<"Resource"> =>
  exceeded.name === "ports"
    ? {
        name: "ports",
        type: "RANGES",
        ranges: { range: exceeded.ports.map((port) => ({ begin: BigInt(port), end: BigInt(port) })) },
      }
    : { name: exceeded.name, type: "SCALAR", scalar: { value: fromMilli(exceeded.amount) } };

function checkStatusMessage({
  checkStatus,
  checkResult,
}: TaskStatus): MessageOf<"CheckStatusInfo"> | undefined {
  if (checkResult !== undefined) return checkResultMessage(checkResult);
  return checkStatus === undefined ? undefined : handedMessage("CheckStatusInfo", checkStatus);
}

/** What is said later, when it is asked for, does not say since when. */
const becameUnreachable = ({ state, reason }: TaskStatus): boolean =>
  state === "unreachable" && reason !== "reconciliation";

export function containerStatusMessage(status: TaskStatus): MessageOf<"ContainerStatus"> | undefined {
  const { containerId } = status;
  const networks = statusNetworks(status);
  if (containerId === undefined && networks === undefined) return undefined;
  return {
    ...(containerId === undefined ? {} : { container_id: { value: containerId } }),
    ...(networks === undefined ? {} : { network_infos: networks }),
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
