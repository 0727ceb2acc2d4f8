/**
 * Calls of an agent's operator API by the token of an executor: those on containers nested in its own, and no other.
 *
 * So a custom executor launches what it runs as Mesos's own would, and sees nothing of its neighbours.
 */

import { executorByToken } from "#core/agent/views.ts";
import type { BodyAnswer, DoorRequest } from "#ports/door.ts";
import { containerPath } from "#wire/mesos/agent/sessions.ts";
import type { AgentCall } from "#wire/mesos/operator/call-rules.ts";
import { textAnswer } from "../../answers.ts";
import type { AgentContext } from "../../endpoint.ts";

/** `next` without a refusal: the call may be made. */
export function checkOwn(
  call: AgentCall,
  { executorToken: token }: DoorRequest,
  { agent }: AgentContext,
  next: (refusal: BodyAnswer | undefined) => void,
): void {
  if (token === undefined) return next(undefined);
  agent.read(
    (state) => executorByToken(state, token)?.containerId,
    (own) => {
      if (own === undefined) return next(unknownToken);
      const [outermost, ...inner] = nestedPath(call);
      next(outermost === own && inner.length > 0 ? undefined : notOwn);
    },
  );
}

/** Nothing is said of a call to whoever shows a token that is nobody's. */
export function knownOnly(
  { executorToken: token }: DoorRequest,
  { agent }: AgentContext,
  respond: (refusal: BodyAnswer) => void,
  next: () => void,
): void {
  if (token === undefined) return next();
  agent.read(
    (state) => executorByToken(state, token),
    (holder) => (holder === undefined ? respond(unknownToken) : next()),
  );
}

/** Of the container that the call is about; empty for a call about anything else. */
function nestedPath(call: AgentCall): readonly string[] {
  const id = (
    call.launch_nested_container ??
    call.launch_container ??
    call.launch_nested_container_session ??
    call.wait_nested_container ??
    call.kill_nested_container ??
    call.remove_nested_container ??
    call.wait_container ??
    call.kill_container ??
    call.remove_container ??
    call.attach_container_output ??
    call.attach_container_input
  )?.container_id;
  return id === undefined ? [] : containerPath(id);
}

const unknownToken = textAnswer(401, "The token is neither the cluster's nor that of an executor here.");
const notOwn = textAnswer(
  403,
  "An executor's token is good for containers nested in its own, and for no other call.",
);
