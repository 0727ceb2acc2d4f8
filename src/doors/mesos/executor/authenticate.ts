/**
 * Whose token an executor shows, and whether it is that of the executor that it says to be.
 *
 * A token is its executor's for as long as that lives, and shows nothing else. Where none is asked for, everybody
 * is who they say.
 */

import { executorByToken } from "#core/agent/views.ts";
import type { ExecutorKey } from "#model/protocol/executor.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { textAnswer } from "../../answers.ts";
import type { ExecutorContext } from "./context.ts";

/** `open`: nothing was asked for. */
export type Holder = ReturnType<typeof executorByToken> | "open";

export function authenticate(
  { executorToken: token }: DoorRequest,
  { agent }: ExecutorContext,
  respond: Respond,
  known: (holder: NonNullable<Holder>) => void,
): void {
  if (token === undefined) return known("open");
  agent.read(
    (state) => executorByToken(state, token),
    (holder) => (holder === undefined ? respond(unknownToken) : known(holder)),
  );
}

const unknownToken = textAnswer(401, "The token is that of no executor that this agent runs.", {
  "WWW-Authenticate":
    'Bearer realm="mesos-agent-executor", error="invalid_token", ' +
    'error_description="The token is that of no executor that this agent runs"',
});

/** Why the holder of a token may not speak for an executor, if so. The sentences are Mesos's. */
export function claimFault(
  holder: NonNullable<Holder>,
  { frameworkId, executorId }: ExecutorKey,
): string | undefined {
  if (holder === "open") return undefined;
  const claims = `{ cid: ${holder.containerId}, eid: ${holder.executorId}, fid: ${holder.frameworkId} }`;
  const lacks = `Authenticated principal '${claims}' does not contain an`;
  if (holder.frameworkId !== frameworkId)
    return `${lacks} 'fid' claim with the framework ID ${frameworkId}, which is set in the call`;
  return holder.executorId === executorId
    ? undefined
    : `${lacks} 'eid' claim with the executor ID ${executorId}, which is set in the call`;
}
