/**
 * From the calls of frameworks outside to our own.
 *
 * Expects a call whose rules (`call-rules.ts`) were checked. Subscriptions are apart: see `subscription.ts`.
 */

import { limits } from "#base/limits.ts";
import {
  agentId,
  executorId,
  type OfferId,
  offerId,
  operationId,
  roleName,
  taskId,
  updateId,
} from "#model/ids.ts";
import type { OfferOperation, OperationStatus } from "#model/operation.ts";
import type { OfferFilters, SchedulerCall } from "#model/protocol/scheduler.ts";
import { base64Text } from "../codec/json/base64.ts";
import type { MessageOf } from "../proto/tables.ts";
import { allocationsOf } from "../translate/allocations.ts";
import { uuidText } from "../translate/basics.ts";
import { operationFromMessage } from "../translate/operations.ts";
import type { TaskContext } from "../translate/task-context.ts";
import { killGraceMs } from "../translate/task-info.ts";

type Message = MessageOf<"scheduler.Call">;

export type OrdinaryCall = Exclude<SchedulerCall, { type: "subscribe" | "update-framework" }>;

export type CallOutcome = {
  readonly call: OrdinaryCall;
  /** Of an accept: what was refused at the door, to be told when the rest is decided. */
  readonly operationFaults: readonly OperationStatus[];
};

/** Undefined: there is no such call (its type is unknown). */
export function callFromMessage(message: Message, context: TaskContext): CallOutcome | undefined {
  if (message.accept !== undefined && message.type === "ACCEPT")
    return acceptFromMessage(message.accept, context);
  const call = plainCall(message);
  return call === undefined ? undefined : { call, operationFaults: [] };
}

function plainCall(message: Message): OrdinaryCall | undefined {
  switch (message.type) {
    case "TEARDOWN":
      return { type: "teardown" };
    case "DECLINE":
      return {
        type: "decline",
        offerIds: offerIds(message.decline?.offer_ids),
        filters: filtersFromMessage(message.decline?.filters),
      };
    case "REVIVE":
      return { type: "revive", roles: (message.revive?.roles ?? []).map(roleName) };
    case "SUPPRESS":
      return { type: "suppress", roles: (message.suppress?.roles ?? []).map(roleName) };
    case "REQUEST":
      return { type: "request" };
    case "RECONCILE":
      return {
        type: "reconcile",
        tasks: (message.reconcile?.tasks ?? []).map((task) => ({
          taskId: taskId(task.task_id.value),
          agentId: optionalAgent(task.agent_id),
        })),
      };
    case "ACCEPT_INVERSE_OFFERS":
      return inverseCall("accept-inverse-offers", message.accept_inverse_offers);
    case "DECLINE_INVERSE_OFFERS":
      return inverseCall("decline-inverse-offers", message.decline_inverse_offers);
    default:
      return taskCall(message);
  }
}

const inverseCall = (
  type: "accept-inverse-offers" | "decline-inverse-offers",
  message: Message["accept_inverse_offers"],
): OrdinaryCall => ({
  type,
  inverseOfferIds: offerIds(message?.inverse_offer_ids),
  filters: filtersFromMessage(message?.filters),
});

/** Those about one task, one operation or one executor. */
function taskCall(call: Message): OrdinaryCall | undefined {
  const { kill, acknowledge, acknowledge_operation_status: operation, shutdown, message } = call;
  if (call.type === "KILL" && kill !== undefined) {
    const graceMs = killGraceMs(kill.kill_policy);
    return {
      type: "kill",
      taskId: taskId(kill.task_id.value),
      agentId: optionalAgent(kill.agent_id),
      graceMs: graceMs === undefined ? undefined : Math.max(0, graceMs),
    };
  }
  if (call.type === "ACKNOWLEDGE" && acknowledge !== undefined)
    return {
      type: "acknowledge",
      agentId: agentId(acknowledge.agent_id.value),
      taskId: taskId(acknowledge.task_id.value),
      updateId: updateId(uuidText(acknowledge.uuid) ?? ""),
    };
  if (call.type === "ACKNOWLEDGE_OPERATION_STATUS" && operation !== undefined)
    return {
      type: "acknowledge-operation-status",
      agentId: optionalAgent(operation.agent_id),
      operationId: operationId(operation.operation_id.value),
      updateId: updateId(uuidText(operation.uuid) ?? ""),
    };
  if (call.type === "RECONCILE_OPERATIONS")
    return {
      type: "reconcile-operations",
      operations: (call.reconcile_operations?.operations ?? []).map((each) => ({
        operationId: operationId(each.operation_id.value),
        agentId: optionalAgent(each.agent_id),
      })),
    };
  if (call.type === "SHUTDOWN" && shutdown !== undefined)
    return {
      type: "shutdown",
      executorId: executorId(shutdown.executor_id.value),
      agentId: agentId(shutdown.agent_id.value),
    };
  if (call.type === "MESSAGE" && message !== undefined)
    return {
      type: "message",
      agentId: agentId(message.agent_id.value),
      executorId: executorId(message.executor_id.value),
      data: base64Text(message.data),
    };
  return undefined;
}

function acceptFromMessage(message: MessageOf<"scheduler.Call.Accept">, context: TaskContext): CallOutcome {
  const operations: OfferOperation[] = [];
  const operationFaults: OperationStatus[] = [];
  for (const each of message.operations ?? []) {
    const outcome = operationFromMessage(each, context);
    const allocations = allocationsOf(each);
    if (outcome.operation !== undefined)
      operations.push(allocations.length === 0 ? outcome.operation : { ...outcome.operation, allocations });
    const [fault] = outcome.taskFaults;
    if (fault !== undefined)
      operations.push({ kind: "refuse-tasks", reason: fault.reason, tasks: outcome.taskFaults });
    // One without an id wants no word of how it went.
    if (outcome.fault !== undefined && each.id !== undefined)
      operationFaults.push({
        operationId: operationId(each.id.value),
        state: "error",
        message: outcome.fault,
        convertedResources: undefined,
        updateId: undefined,
        agentId: undefined,
      });
  }
  const filters = filtersFromMessage(message.filters);
  const call: OrdinaryCall = { type: "accept", offerIds: offerIds(message.offer_ids), operations, filters };
  return { call, operationFaults };
}

/** A negative time, and what is no number, is as if nothing was said; a year is the longest. */
export function filtersFromMessage(message: MessageOf<"Filters"> | undefined): OfferFilters {
  const refuseMs = (message?.refuse_seconds ?? Number.NaN) * 1_000;
  if (!(refuseMs >= 0)) return { refuseMs: limits.refuseMsDefault };
  return { refuseMs: Math.min(refuseMs, limits.refuseMsMax) };
}

const offerIds = (messages: readonly MessageOf<"OfferID">[] | undefined): readonly OfferId[] =>
  (messages ?? []).map(({ value }) => offerId(value));

const optionalAgent = (message: MessageOf<"AgentID"> | undefined) =>
  message === undefined ? undefined : agentId(message.value);
