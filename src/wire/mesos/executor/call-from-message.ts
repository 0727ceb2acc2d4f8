/**
 * From the calls of executors to our own.
 *
 * Expects a call whose rules (`call-rules.ts`) were checked. What an executor repeats when it comes back is taken
 * as far as it is well formed: the rest is what it would have been refused for when it said it first.
 */

import { limits } from "#base/limits.ts";
import { executorId, frameworkId, taskId, updateId } from "#model/ids.ts";
import type { ExecutorCall, ExecutorKey, ExecutorUpdate } from "#model/protocol/executor.ts";
import { base64Text } from "../codec/json/base64.ts";
import { messageToProtobuf } from "../codec/protobuf/encode.ts";
import type { MessageOf } from "../proto/tables.ts";
import { labelList, uuidText } from "../translate/basics.ts";
import { taskReasonOf, taskStateOf } from "../translate/task-names.ts";
import { executorCallFault } from "./call-rules.ts";

type Message = MessageOf<"executor.Call">;

export const executorKeyOf = (message: Message): ExecutorKey => ({
  frameworkId: frameworkId(message.framework_id.value),
  executorId: executorId(message.executor_id.value),
});

/** Undefined: there is no such call (its type is unknown). `nowMs`: of an update that does not say when it was. */
export function executorCallFromMessage(message: Message, nowMs: number): ExecutorCall | undefined {
  const { type, subscribe, update } = message;
  if (type === "SUBSCRIBE")
    return {
      type: "subscribe",
      unacknowledgedTasks: (subscribe?.unacknowledged_tasks ?? []).map(({ task_id }) =>
        taskId(task_id.value),
      ),
      unacknowledgedUpdates: (subscribe?.unacknowledged_updates ?? [])
        .filter((each) => executorCallFault({ ...message, type: "UPDATE", update: each }) === undefined)
        .map(({ status }) => updateFromMessage(status, nowMs)),
    };
  if (type === "UPDATE" && update !== undefined)
    return { type: "update", update: updateFromMessage(update.status, nowMs) };
  if (type === "MESSAGE" && message.message !== undefined)
    return { type: "message", data: base64Text(message.message.data) };
  return type === "HEARTBEAT" ? { type: "heartbeat" } : undefined;
}

/** Where the task can be reached, and how its process ended, is not for its executor to say. */
function updateFromMessage(status: MessageOf<"TaskStatus">, nowMs: number): ExecutorUpdate {
  const { data, labels, check_status: check, reason, uuid } = status;
  return {
    taskId: taskId(status.task_id.value),
    state: taskStateOf(status.state),
    source: "executor",
    reason: reason === undefined ? undefined : taskReasonOf(reason),
    message: (status.message ?? "").slice(0, limits.updateMessageLengthMax),
    timestampMs: timeOf(status.timestamp) ?? nowMs,
    healthy: status.healthy,
    updateId: updateId(uuid === undefined ? "" : (uuidText(uuid) ?? "")),
    containerId: undefined,
    address: undefined,
    exit: undefined,
    ...(data === undefined ? {} : { data: base64Text(data) }),
    ...(labels === undefined ? {} : { labels: labelList(labels) }),
    ...(check === undefined ? {} : { checkStatus: base64Text(messageToProtobuf("CheckStatusInfo", check)) }),
  };
}

/** Undefined: it says nothing, or nothing that is a time. */
function timeOf(seconds: number | undefined): number | undefined {
  const timeMs = Math.round((seconds ?? Number.NaN) * 1_000);
  return Number.isSafeInteger(timeMs) && timeMs >= 0 ? timeMs : undefined;
}
