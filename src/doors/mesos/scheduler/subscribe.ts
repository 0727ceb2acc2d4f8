/**
 * SUBSCRIBE: an endless answer on which a framework hears what the master says.
 *
 * Mistakes in what a framework says of itself come on the stream, as its only event; the stream then ends.
 */

import { limits } from "#base/limits.ts";
import type { SessionId } from "#model/ids.ts";
import type { DoorRequest, Respond, StreamSink } from "#ports/door.ts";
import { type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import {
  infoFromMessage,
  type Subscription,
  subscriptionFromMessage,
} from "#wire/mesos/scheduler/subscription.ts";
import type { Translated } from "#wire/mesos/translate/translated.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { textAnswer } from "../../answers.ts";
import { mediaTypes } from "../media.ts";
import type { SchedulerContext } from "./context.ts";

type Message = MessageOf<"scheduler.Call.Subscribe">;

export function subscribe(
  request: DoorRequest,
  message: Message,
  encoding: Encoding,
  context: SchedulerContext,
  respond: Respond,
): void {
  if (request.headers["mesos-stream-id"] !== undefined)
    return respond(textAnswer(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header"));
  const session = context.newSession();
  const subscription = readSubscription(message, request.principal);
  respond({
    kind: "stream",
    headers: { "Mesos-Stream-Id": session, "Content-Type": mediaTypes[encoding] },
    queueBytesMax: limits.schedulerQueueBytesMax,
    open: (sink) => {
      if (!subscription.ok) return refuse(sink, encoding, subscription.fault);
      const { info, frameworkId, suppressedRoles } = subscription.value;
      const { master, sessions } = context;
      sessions.open(session, { encoding, sink, info, frameworkId: undefined });
      const call = { type: "subscribe", info, frameworkId, suppressedRoles } as const;
      master.submit({ type: "call", session, call }, (rejection) => {
        if (rejection === undefined) return keptInfo(session, context);
        sessions.hear(session, { type: "error", message: rejection.message });
        sessions.closed(session);
      });
      return () => {
        if (sessions.left(session)) master.submit({ type: "framework-closed", session });
      };
    },
  });
}

/** Of a framework that comes back the master keeps what cannot change, whatever it says now. */
function keptInfo(session: SessionId, { master, sessions }: SchedulerContext): void {
  master.read(
    ({ tables, indexes }) => tables.framework.get(indexes.frameworkBySession.get(session) ?? "")?.info,
    (info) => {
      if (info !== undefined) sessions.describe(session, info);
    },
  );
}

function readSubscription(message: Message, principal: string | undefined): Translated<Subscription> {
  const info = infoFromMessage(message, principal);
  return info.ok ? subscriptionFromMessage(message, info.value) : info;
}

function refuse(sink: StreamSink, encoding: Encoding, message: string): () => void {
  const event = { type: "ERROR", error: { message } } as const;
  sink.write(encodeRecord(encodeMessage(encoding, "scheduler.Event", event)));
  sink.end();
  return () => {};
}
