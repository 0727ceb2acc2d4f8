/**
 * What is asked of an executor's call before anything else looks at it, in Mesos's order and with its sentences.
 */

import type { MessageOf } from "../proto/tables.ts";
import { uuidText } from "../translate/basics.ts";

type Call = MessageOf<"executor.Call">;
type StatusMessage = MessageOf<"TaskStatus">;

export function executorCallFault(call: Call): string | undefined {
  switch (call.type) {
    case undefined:
      return "Expecting 'type' to be present";
    case "SUBSCRIBE":
      return call.subscribe === undefined ? "Expecting 'subscribe' to be present" : undefined;
    case "UPDATE":
      return call.update === undefined
        ? "Expecting 'update' to be present"
        : updateFault(call, call.update.status);
    case "MESSAGE":
      return call.message === undefined ? "Expecting 'message' to be present" : undefined;
    case "HEARTBEAT":
    case "UNKNOWN":
      return undefined;
    default:
      return call.type satisfies never;
  }
}

function updateFault(call: Call, status: StatusMessage): string | undefined {
  const executorId = call.executor_id.value;
  const sender = `executor ${executorId} of framework ${call.framework_id.value}`;
  if (status.uuid === undefined) return "Expecting 'uuid' to be present";
  if (uuidText(status.uuid) === undefined) return "Not a valid UUID";
  if (status.executor_id !== undefined && status.executor_id.value !== executorId)
    return (
      `ExecutorID in Call: ${executorId} ` +
      `does not match ExecutorID in TaskStatus: ${status.executor_id.value}`
    );
  if (status.source !== "SOURCE_EXECUTOR")
    return `Received Call from ${sender} with invalid source, expecting 'SOURCE_EXECUTOR'`;
  if (status.state === "TASK_STAGING") return `Received TASK_STAGING from ${sender} which is not allowed`;
  return checkFault(status.check_status);
}

function checkFault(check: StatusMessage["check_status"]): string | undefined {
  if (check === undefined) return undefined;
  const { type } = check;
  if (type === undefined) return "CheckStatusInfo must specify 'type'";
  if (type === "UNKNOWN") return "'UNKNOWN' is not a valid check's status type";
  const payload = type.toLowerCase() as "command" | "http" | "tcp";
  return check[payload] === undefined
    ? `Expecting '${payload}' to be set for ${type} check's status`
    : undefined;
}
