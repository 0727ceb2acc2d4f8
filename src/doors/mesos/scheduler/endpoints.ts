/**
 * Mesos's v1 scheduler API: one path, to which frameworks post their calls.
 */

import { type DoorRequest, doorMethods, type Endpoint, type Respond } from "#ports/door.ts";
import { decodeMessage } from "#wire/mesos/codec/encoding.ts";
import { callFault } from "#wire/mesos/scheduler/call-rules.ts";
import { textAnswer } from "../../answers.ts";
import { acceptedEncoding, contentEncoding, mediaTypes, wrongMethod } from "../media.ts";
import { takeCall } from "./call.ts";
import type { SchedulerContext } from "./context.ts";
import { findSession } from "./find-session.ts";
import { subscribe } from "./subscribe.ts";

/** Each question is asked only when those before it were answered well: clients see the same first mistake as at Mesos. */
function post(request: DoorRequest, context: SchedulerContext, respond: Respond): void {
  const content = contentEncoding(request);
  if (!content.ok) return respond(content.answer);
  const decoded = decodeMessage(content.value, "scheduler.Call", request.body);
  if (!decoded.ok) return respond(textAnswer(400, decoded.why));
  const message = decoded.value;
  const fault = callFault(message, request.principal);
  if (fault !== undefined) return respond(textAnswer(400, `Failed to validate scheduler::Call: ${fault}`));
  const { type, subscribe: subscription } = message;
  const accepted = acceptedEncoding(request);
  if (accepted === undefined && (type === "SUBSCRIBE" || type === "RECONCILE_OPERATIONS"))
    return respond(
      textAnswer(406, `Expecting 'Accept' to allow '${mediaTypes.protobuf}' or '${mediaTypes.json}'`),
    );
  if (accepted !== undefined && type === "SUBSCRIBE" && subscription !== undefined)
    return subscribe(request, subscription, accepted, context, respond);
  return findSession(request, message.framework_id?.value ?? "", context, respond, (found) =>
    takeCall(message, found, context, respond),
  );
}

const endpointsAt = (path: string): readonly Endpoint<SchedulerContext>[] =>
  doorMethods.map((method) => ({
    method,
    path,
    permission: "write",
    summary:
      method === "POST"
        ? "Calls of frameworks; SUBSCRIBE answers with their events"
        : "Only POST is answered",
    handle:
      method === "POST" ? post : (request, _context, respond) => respond(wrongMethod("POST", request.method)),
  }));

/** For the master's own port. */
export const schedulerMasterEndpoints: readonly Endpoint<SchedulerContext>[] = [
  ...endpointsAt("/api/v1/scheduler"),
  ...endpointsAt("/master/api/v1/scheduler"),
];

/** For the gateway. */
export const schedulerGatewayEndpoints: readonly Endpoint<SchedulerContext>[] = [
  ...endpointsAt("/mesos/api/v1/scheduler"),
  ...endpointsAt("/mesos/master/api/v1/scheduler"),
];
