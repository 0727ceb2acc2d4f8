/**
 * The calls of a subscribed framework: taken with 202, or 200 for the one that is answered when it is done.
 *
 * Operations of an accept that are refused by what they are, before the master sees them, are told on the
 * framework's stream once the master has decided the rest. Tasks that are refused so go along with the call.
 */

import type { FrameworkInfo } from "#model/framework.ts";
import { frameworkId, type SessionId } from "#model/ids.ts";
import type { BodyAnswer, Respond } from "#ports/door.ts";
import type { Rejection } from "#ports/room.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { type CallOutcome, callFromMessage } from "#wire/mesos/scheduler/call-from-message.ts";
import { infoFromMessage, subscriptionFromMessage, updateFault } from "#wire/mesos/scheduler/subscription.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import type { SchedulerContext } from "./context.ts";
import { type Found, notSubscribed } from "./find-session.ts";

export function takeCall(
  message: MessageOf<"scheduler.Call">,
  found: Found,
  context: SchedulerContext,
  respond: Respond,
): void {
  if (message.type === "UPDATE_FRAMEWORK" && message.update_framework !== undefined)
    return updateFramework(message.update_framework, found, context, respond);
  const { session, opened } = found;
  const outcome = callFromMessage(message, {
    frameworkId: frameworkId(message.framework_id?.value ?? ""),
    user: taskUser(opened.info),
  });
  if (outcome === undefined) return respond(textAnswer(501, "501 Not Implemented."));
  context.master.submit({ type: "call", session, call: outcome.call }, (rejection) => {
    const refused = rejection === undefined ? undefined : refusal(rejection, outcome);
    if (refused !== undefined) return respond(refused);
    tellFaults(outcome, session, context);
    return respond(emptyAnswer(202));
  });
}

/**
 * Frameworks are often of user root only because their schedulers are. Their tasks run as root when they ask
 * for it themselves, and where agents allow it.
 */
const taskUser = ({ user }: FrameworkInfo): string | undefined =>
  user === "" || user === "root" ? undefined : user;

/** Undefined: a call that changes nothing is still a call. */
function refusal(rejection: Rejection, { call }: CallOutcome): BodyAnswer | undefined {
  switch (rejection.code) {
    case "forbidden":
      return notSubscribed;
    case "unavailable":
      return textAnswer(503, rejection.message, { "Retry-After": "1" });
    default:
      return call.type === "accept" ? textAnswer(400, rejection.message) : undefined;
  }
}

function tellFaults(
  { operationFaults }: CallOutcome,
  session: SessionId,
  { sessions }: SchedulerContext,
): void {
  for (const status of operationFaults) sessions.hear(session, { type: "update-operation-status", status });
}

function updateFramework(
  message: MessageOf<"scheduler.Call.UpdateFramework">,
  { session, opened }: Found,
  { master, sessions }: SchedulerContext,
  respond: Respond,
): void {
  const info = infoFromMessage(message, opened.info.principal);
  if (!info.ok) return respond(textAnswer(400, `Supplied FrameworkInfo is not valid: ${info.fault}`));
  const fault = updateFault(opened.info, info.value);
  if (fault !== undefined) return respond(textAnswer(400, `FrameworkInfo update is not valid: ${fault}`));
  const subscription = subscriptionFromMessage(message, info.value);
  if (!subscription.ok)
    return respond(textAnswer(400, `'UpdateFramework' call is not valid: ${subscription.fault}`));
  const { info: described, suppressedRoles } = subscription.value;
  const call = { type: "update-framework", info: described, suppressedRoles } as const;
  master.submit({ type: "call", session, call }, (rejection) => {
    if (rejection === undefined) {
      sessions.describe(session, described);
      return respond(emptyAnswer(200));
    }
    if (rejection.code === "forbidden") return respond(notSubscribed);
    const status = rejection.code === "unavailable" ? 503 : 400;
    return respond(textAnswer(status, rejection.message));
  });
}
