/**
 * The call EXPLAIN, which is ours: see `wire/mesos/operator/explain-call.ts`.
 */

import type { DoorRequest, Respond } from "#ports/door.ts";
import { type ExplainCall, explainMessage } from "#wire/mesos/operator/explain-call.ts";
import type { Translated } from "#wire/mesos/translate/translated.ts";
import { jsonAnswer, textAnswer } from "../../answers.ts";
import type { ClusterContext } from "../../endpoint.ts";
import { viewDemand } from "../../views/demand.ts";
import { accepts, mediaTypes } from "../media.ts";

export function answerExplain(
  call: Translated<ExplainCall>,
  request: DoorRequest,
  { master }: ClusterContext,
  respond: Respond,
): void {
  if (!call.ok) return respond(textAnswer(400, `Failed to validate master::Call: ${call.fault}`));
  if (!accepts(request, mediaTypes.json))
    return respond(textAnswer(406, `Expecting 'Accept' to allow '${mediaTypes.json}'`));
  const { frameworkId, role, need } = call.value;
  return master.read(
    (state, nowMs) => viewDemand(state, { framework: frameworkId, role, need }, nowMs),
    (found) =>
      respond(
        found.ok ? jsonAnswer(200, explainMessage(found.view)) : textAnswer(found.status, found.message),
      ),
  );
}
