/**
 * The calls of an agent's operator API on containers, images and resource providers. None of them is done
 * here yet; a container that does not exist is told to be none, as Mesos does.
 */

import type { AgentCall, AgentCallType } from "#wire/mesos/operator/call-rules.ts";
import { textAnswer } from "../../answers.ts";
import { type AgentHandler, readAgent } from "./call-tools.ts";

export const notDone =
  (type: AgentCallType, why: string): AgentHandler =>
  (_call, { respond }) =>
    respond(textAnswer(501, `${type} is not implemented by this agent: ${why}.`));

type Named = { readonly container_id: { readonly value: string } } | undefined;

/** `missing`: Mesos's sentence for a container that is not there. */
export const ofContainer =
  (type: AgentCallType, payload: (call: AgentCall) => Named, missing: (id: string) => string): AgentHandler =>
  (call, tools) => {
    const id = payload(call)?.container_id.value ?? "";
    readAgent(tools.context, ({ containers }) => {
      if (!containers.some(({ containerId }) => containerId === id))
        return tools.respond(textAnswer(404, missing(id)));
      return notDone(type, "containers are ended by their framework only")(call, tools);
    });
  };

export const notFound = (id: string): string => `Container ${id} cannot be found`;
export const notKilled = (id: string): string => `Container '${id}' cannot be found (or is already killed)`;
