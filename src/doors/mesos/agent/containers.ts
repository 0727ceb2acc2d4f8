/**
 * The calls of an agent's operator API that it does not do, each with why.
 */

import type { AgentCallType } from "#wire/mesos/operator/call-rules.ts";
import { textAnswer } from "../../answers.ts";
import type { AgentHandler } from "./call-tools.ts";

export const notDone =
  (type: AgentCallType, why: string): AgentHandler =>
  (_call, { respond }) =>
    respond(textAnswer(501, `${type} is not implemented by this agent: ${why}.`));
