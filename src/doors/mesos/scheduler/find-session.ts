/**
 * Whether a call comes from the framework that it names, on the framework's current stream.
 *
 * The questions are Mesos's, in its order and with its answers. Nearly every call is of a session that is
 * open here, which answers all of them at once; only the others need the master's state.
 */

import type { MasterState } from "#core/master/state.ts";
import { type SessionId, sessionId } from "#model/ids.ts";
import type { BodyAnswer, DoorRequest } from "#ports/door.ts";
import { textAnswer } from "../../answers.ts";
import type { SchedulerContext } from "./context.ts";
import type { OpenSession } from "./sessions.ts";

export type Found = { readonly session: SessionId; readonly opened: OpenSession };

export function findSession(
  request: DoorRequest,
  frameworkId: string,
  context: SchedulerContext,
  refused: (answer: BodyAnswer) => void,
  found: (found: Found) => void,
): void {
  const direct = openSessionOf(request, context);
  const isItsOwn =
    direct?.opened.frameworkId === frameworkId &&
    (request.principal === undefined || request.principal === direct.opened.info.principal);
  if (direct !== undefined && isItsOwn) return found(direct);
  context.master.read(
    (state) => refusal(state, request, frameworkId, context),
    (answer) => {
      const opened = openSessionOf(request, context);
      // One that is closed while it is looked for is one that was closed before.
      if (answer !== undefined || opened === undefined) return refused(answer ?? notSubscribed);
      return found(opened);
    },
  );
}

function openSessionOf(request: DoorRequest, { sessions }: SchedulerContext): Found | undefined {
  const session = sessionId(request.headers["mesos-stream-id"] ?? "");
  const opened = sessions.find(session);
  return opened === undefined ? undefined : { session, opened };
}

export const notSubscribed = textAnswer(403, "Framework is not subscribed");

function refusal(
  { tables }: MasterState,
  { headers, principal }: DoorRequest,
  frameworkId: string,
  { sessions }: SchedulerContext,
): BodyAnswer | undefined {
  const framework = tables.framework.get(frameworkId);
  if (framework === undefined || framework.state === "completed")
    return textAnswer(400, "Framework cannot be found");
  if (principal !== undefined && principal !== framework.info.principal)
    return textAnswer(
      400,
      `Authenticated principal '${principal}' does not match principal ` +
        `'${framework.info.principal ?? ""}' set in \`FrameworkInfo\``,
    );
  const session = tables["framework-link"].get(frameworkId)?.session;
  if (session === undefined) return notSubscribed;
  if (sessions.find(session) === undefined) return textAnswer(403, "Framework is not connected via HTTP");
  const streamId = headers["mesos-stream-id"];
  if (streamId === undefined)
    return textAnswer(400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header");
  if (streamId === session) return undefined;
  return textAnswer(
    400,
    `The stream ID '${streamId}' included in this request didn't match the stream ID currently ` +
      `associated with framework ID ${frameworkId}`,
  );
}
