/**
 * Mesos's v1 executor API: one path at the agent, to which executors post their calls.
 *
 * Each question is asked only when those before it were answered well, in Mesos's order: an executor sees the same
 * first mistake as there. SUBSCRIBE is answered with an endless stream of events, every other call with 202 when
 * the agent has taken it.
 */

import { limits } from "#base/limits.ts";
import { executorStanding } from "#core/agent/views.ts";
import type { ExecutorCall, ExecutorKey } from "#model/protocol/executor.ts";
import { type BodyAnswer, type DoorRequest, doorMethods, type Endpoint, type Respond } from "#ports/door.ts";
import type { Rejection } from "#ports/room.ts";
import { decodeMessage, type Encoding } from "#wire/mesos/codec/encoding.ts";
import { executorCallFromMessage, executorKeyOf } from "#wire/mesos/executor/call-from-message.ts";
import { executorCallFault } from "#wire/mesos/executor/call-rules.ts";
import { emptyAnswer, textAnswer } from "../../answers.ts";
import {
  acceptedEncoding,
  contentEncoding,
  mediaTypes,
  type Settled,
  settled,
  unsettled,
  wrongMethod,
} from "../media.ts";
import { authenticate, claimFault, type Holder } from "./authenticate.ts";
import type { ExecutorContext } from "./context.ts";

type Asked = {
  readonly executor: ExecutorKey;
  readonly call: ExecutorCall;
  /** Of the events, for a subscription. */
  readonly encoding: Encoding;
};

function answer(request: DoorRequest, context: ExecutorContext, respond: Respond): void {
  authenticate(request, context, respond, (holder) => {
    if (request.method !== "POST") return respond(wrongMethod("POST", request.method));
    const asked = readCall(request, context.nowMs());
    if (!asked.ok) return respond(asked.answer);
    // Some send it with ids that are nobody's.
    if (asked.value.call.type === "heartbeat") return respond(emptyAnswer(202));
    return context.agent.read(
      (state) => executorStanding(state, asked.value.executor),
      (standing) => {
        const refused = refusal(standing, holder, asked.value);
        if (refused !== undefined) return respond(refused);
        if (asked.value.call.type === "subscribe") return subscribe(asked.value, context, respond);
        return submit(asked.value, context, respond);
      },
    );
  });
}

function readCall(request: DoorRequest, nowMs: number): Settled<Asked> {
  const content = contentEncoding(request);
  if (!content.ok) return content;
  const decoded = decodeMessage(content.value, "executor.Call", request.body);
  if (!decoded.ok) return unsettled(400, decoded.why);
  const fault = executorCallFault(decoded.value);
  if (fault !== undefined) return unsettled(400, `Failed to validate Executor::Call: ${fault}`);
  const encoding = acceptedEncoding(request);
  if (encoding === undefined && decoded.value.type === "SUBSCRIBE")
    return unsettled(406, `Expecting 'Accept' to allow '${mediaTypes.protobuf}' or '${mediaTypes.json}'`);
  const call = executorCallFromMessage(decoded.value, nowMs);
  return call === undefined
    ? unsettled(501, "501 Not Implemented.")
    : settled({ executor: executorKeyOf(decoded.value), call, encoding: encoding ?? "json" });
}

function refusal(
  standing: ReturnType<typeof executorStanding>,
  holder: NonNullable<Holder>,
  { executor, call }: Asked,
): BodyAnswer | undefined {
  if (standing === "recovering") return textAnswer(503, "Agent has not finished recovery");
  if (standing === "no-framework") return textAnswer(400, "Framework cannot be found");
  if (standing === "no-executor") return textAnswer(400, "Executor cannot be found");
  const fault = claimFault(holder, executor);
  if (fault !== undefined) return textAnswer(403, fault);
  return standing === "not-subscribed" && call.type !== "subscribe"
    ? textAnswer(403, "Executor is not subscribed")
    : undefined;
}

function submit({ executor, call }: Asked, { agent, newSession }: ExecutorContext, respond: Respond): void {
  agent.submit({ type: "executor-call", session: newSession(), executor, call }, (rejection) =>
    respond(rejection === undefined ? emptyAnswer(202) : rejected(rejection)),
  );
}

const rejected = ({ code, message }: Rejection): BodyAnswer => {
  if (code === "unavailable") return textAnswer(503, message, { "Retry-After": "1" });
  return textAnswer(code === "forbidden" ? 403 : 400, message);
};

/** The stream is open before the agent hears of it, so that nobody is subscribed who cannot be told to have left. */
function subscribe({ executor, call, encoding }: Asked, context: ExecutorContext, respond: Respond): void {
  const { agent, sessions, newSession } = context;
  const session = newSession();
  respond({
    kind: "stream",
    headers: { "Content-Type": mediaTypes[encoding] },
    queueBytesMax: limits.executorQueueBytesMax,
    open: (sink) => {
      sessions.open(session, { encoding, sink });
      agent.submit({ type: "executor-call", session, executor, call }, (rejection) => {
        if (rejection !== undefined) sessions.closed(session);
      });
      return () => {
        if (sessions.left(session)) agent.submit({ type: "executor-closed", session });
      };
    },
  });
}

const at = (path: string): readonly Endpoint<ExecutorContext>[] =>
  doorMethods.map((method) => ({
    method,
    path,
    permission: "executor",
    summary:
      method === "POST"
        ? "Calls of executors; SUBSCRIBE answers with their events"
        : "405: the executor API takes POST",
    handle: answer,
  }));

export const executorEndpoints: readonly Endpoint<ExecutorContext>[] = [
  ...at("/api/v1/executor"),
  ...at("/slave(1)/api/v1/executor"),
];
