/**
 * What is asked of a scheduler call before anything else looks at it, in Mesos's order and with its sentences.
 */

import type { MessageOf } from "../proto/tables.ts";
import { uuidText } from "../translate/basics.ts";

type Call = MessageOf<"scheduler.Call">;
type CallType = NonNullable<Call["type"]>;

/** The field that a call of a type must have. */
const payloads: Readonly<Record<CallType, keyof Call | undefined>> = {
  UNKNOWN: undefined,
  SUBSCRIBE: "subscribe",
  TEARDOWN: undefined,
  ACCEPT: "accept",
  DECLINE: "decline",
  ACCEPT_INVERSE_OFFERS: "accept_inverse_offers",
  DECLINE_INVERSE_OFFERS: "decline_inverse_offers",
  REVIVE: undefined,
  KILL: "kill",
  SHUTDOWN: "shutdown",
  ACKNOWLEDGE: "acknowledge",
  ACKNOWLEDGE_OPERATION_STATUS: "acknowledge_operation_status",
  RECONCILE: "reconcile",
  RECONCILE_OPERATIONS: "reconcile_operations",
  MESSAGE: "message",
  REQUEST: "request",
  SUPPRESS: undefined,
  UPDATE_FRAMEWORK: "update_framework",
};

/** `principal`: who has shown to be; undefined: nobody in particular. */
export function callFault(call: Call, principal: string | undefined): string | undefined {
  const { type } = call;
  if (type === undefined) return "Expecting 'type' to be present";
  if (type !== "SUBSCRIBE" && call.framework_id === undefined)
    return "Expecting 'framework_id' to be present";
  const payload = payloads[type];
  if (payload !== undefined && call[payload] === undefined) return `Expecting '${payload}' to be present`;
  switch (type) {
    case "SUBSCRIBE":
      return subscribeFault(call, principal);
    case "ACKNOWLEDGE":
      return uuidFault(call.acknowledge?.uuid);
    case "ACKNOWLEDGE_OPERATION_STATUS":
      if (call.acknowledge_operation_status?.agent_id === undefined)
        return uuidFault(call.acknowledge_operation_status?.uuid) ?? "Expecting 'agent_id' to be present";
      return uuidFault(call.acknowledge_operation_status.uuid);
    case "UPDATE_FRAMEWORK":
      return call.framework_id?.value === call.update_framework?.framework_info.id?.value
        ? undefined
        : "'framework_id' differs from 'update_framework.framework_info.id'";
    default:
      return undefined;
  }
}

function subscribeFault(call: Call, principal: string | undefined): string | undefined {
  const info = call.subscribe?.framework_info;
  if ((call.framework_id?.value ?? "") !== (info?.id?.value ?? ""))
    return "'framework_id' differs from 'subscribe.framework_info.id'";
  if (principal === undefined || info?.principal === undefined || info.principal === principal)
    return undefined;
  return `Authenticated principal '${principal}' does not match principal '${info.principal}' set in \`FrameworkInfo\``;
}

const uuidFault = (bytes: Uint8Array | undefined): string | undefined =>
  bytes !== undefined && uuidText(bytes) !== undefined ? undefined : "Not a valid UUID";
