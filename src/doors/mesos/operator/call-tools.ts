/**
 * What the answer to a call of the operator API is made with.
 */

import type { Respond } from "#ports/door.ts";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import type { MasterCall } from "#wire/mesos/operator/call-rules.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import type { ClusterContext } from "../../endpoint.ts";
import { messageAnswer } from "../media.ts";

export type CallTools = {
  readonly context: ClusterContext;
  readonly encoding: Encoding;
  /** Who calls, if that was shown. */
  readonly principal: string | undefined;
  readonly respond: Respond;
};

export type MasterHandler = (call: MasterCall, tools: CallTools) => void;

export const answerMessage = (
  { encoding, respond }: CallTools,
  message: MessageOf<"master.Response">,
): void => respond(messageAnswer(encoding, "master.Response", message));
