/**
 * From what the master says to a framework to the events of Mesos's scheduler API.
 */

import type { FrameworkCapability } from "#model/framework.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { TaskExit } from "#model/task.ts";
import { bytesOfBase64 } from "../codec/json/base64.ts";
import type { MessageOf } from "../proto/tables.ts";
import { type MasterView, masterInfoMessage } from "../translate/agents.ts";
import { idMessage, secondsOf } from "../translate/basics.ts";
import { inverseOfferMessage, offerMessage } from "../translate/offers.ts";
import { operationStatusMessage } from "../translate/operations.ts";
import { statusMessage } from "../translate/task-message.ts";

export type EventContext = {
  readonly capabilities: readonly FrameworkCapability[];
  readonly master: Omit<MasterView, "masterId">;
};

export function eventMessage(event: SchedulerEvent, context: EventContext): MessageOf<"scheduler.Event"> {
  switch (event.type) {
    case "subscribed":
      return {
        type: "SUBSCRIBED",
        subscribed: {
          framework_id: idMessage(event.frameworkId),
          heartbeat_interval_seconds: secondsOf(event.heartbeatIntervalMs),
          master_info: masterInfoMessage({ ...context.master, masterId: event.masterId }),
        },
      };
    case "offers": {
      const offers = event.offers.map((offer) => offerMessage(offer, context.capabilities));
      return { type: "OFFERS", offers: { offers } };
    }
    case "rescind":
      return { type: "RESCIND", rescind: { offer_id: idMessage(event.offerId) } };
    case "update":
      return { type: "UPDATE", update: { status: statusMessage(event.status, event.status.taskId) } };
    case "inverse-offers":
      return {
        type: "INVERSE_OFFERS",
        inverse_offers: { inverse_offers: event.inverseOffers.map(inverseOfferMessage) },
      };
    case "rescind-inverse-offer":
      return {
        type: "RESCIND_INVERSE_OFFER",
        rescind_inverse_offer: { inverse_offer_id: idMessage(event.inverseOfferId) },
      };
    case "update-operation-status":
      return {
        type: "UPDATE_OPERATION_STATUS",
        update_operation_status: { status: operationStatusMessage(event.status) },
      };
    case "message": {
      const decoded = bytesOfBase64(event.data);
      const data = "bytes" in decoded ? decoded.bytes : new Uint8Array(0);
      const { agentId, executorId } = event;
      return {
        type: "MESSAGE",
        message: { agent_id: idMessage(agentId), executor_id: idMessage(executorId), data },
      };
    }
    case "failure":
      return { type: "FAILURE", failure: failureMessage(event) };
    case "error":
      return { type: "ERROR", error: { message: event.message } };
    case "heartbeat":
      return { type: "HEARTBEAT" };
    default:
      return event satisfies never;
  }
}

type Failure = Extract<SchedulerEvent, { type: "failure" }>;

function failureMessage({ agentId, executor }: Failure): MessageOf<"scheduler.Event.Failure"> {
  if (executor === undefined) return { agent_id: idMessage(agentId) };
  const { executorId, end } = executor;
  return {
    agent_id: idMessage(agentId),
    executor_id: idMessage(executorId),
    status: end.exit === undefined ? -1 : waitStatus(end.exit),
  };
}

/** As `wait` of Unix gives it; -1 for one that nobody saw end: the code in the second byte, or the signal in the first. */
const waitStatus = (exit: TaskExit): number => (exit.kind === "code" ? exit.code << 8 : exit.signal);
