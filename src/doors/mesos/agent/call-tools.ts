/**
 * What the answer to a call of an agent's operator API is made with.
 */

import type { Headers, Respond } from "#ports/door.ts";
import type { AgentSnapshot } from "#wire/mesos/agent/held.ts";
import type { Encoding } from "#wire/mesos/codec/encoding.ts";
import type { AgentCall } from "#wire/mesos/operator/call-rules.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import type { AgentContext } from "../../endpoint.ts";
import { messageAnswer } from "../media.ts";
import { viewAgent } from "./view.ts";

export type AgentTools = {
  readonly context: AgentContext;
  readonly encoding: Encoding;
  /** Of an answer that is a stream of records. */
  readonly records: { readonly encoding: Encoding; readonly headers: Headers };
  readonly respond: Respond;
};

export type AgentHandler = (call: AgentCall, tools: AgentTools) => void;

export const answerMessage = (
  { encoding, respond }: AgentTools,
  message: MessageOf<"agent.Response">,
): void => respond(messageAnswer(encoding, "agent.Response", message));

/** With what its containers use, which is looked at first: of one that started since, nothing is told. */
export const readAgentWithUsage = (context: AgentContext, done: (snapshot: AgentSnapshot) => void): void => {
  if (context.usages === undefined) return readAgent(context, done);
  context.usages.read((usages) => readAgent(context, (snapshot) => done({ ...snapshot, usages })));
};

export const readAgent = (context: AgentContext, done: (snapshot: AgentSnapshot) => void): void =>
  context.agent.read((state, nowMs) => viewAgent(state, context, nowMs), done);
