/**
 * Handing commands to the app service, and its answers back to the client.
 */

import { assert } from "#base/assert.ts";
import type { AppsAnswer, AppsCommand } from "#core/apps/types.ts";
import type { DoorAnswer, Headers, Respond } from "#ports/door.ts";
import { emptyAnswer, jsonAnswer, rejectionAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { publishRefusal } from "./events.ts";

/** A rejection is answered here; `answered` turns anything else into what the client gets. */
export function submitCommand(
  context: ClusterContext,
  command: AppsCommand,
  respond: Respond,
  answered: (answer: AppsAnswer) => DoorAnswer,
): void {
  context.apps.submit(command, (outcome) => {
    assert(outcome !== undefined, `the app service did not answer ${command.type}`);
    if ("kind" in outcome) {
      publishRefusal(context.events, context.nowMs(), command, outcome.message);
      return respond(rejectionAnswer(outcome));
    }
    return respond(answered(outcome));
  });
}

/** For commands that answer with a deployment. */
export function submitDeployment(
  context: ClusterContext,
  command: AppsCommand,
  respond: Respond,
  headers: Headers = {},
): void {
  submitCommand(context, command, respond, (answer) => deploymentAnswer(answer, headers));
}

export function deploymentAnswer(answer: AppsAnswer, headers: Headers = {}, status = 200): DoorAnswer {
  // A deployment that was stopped by force leaves nothing to name.
  if (answer.type !== "deployment") return emptyAnswer(202, headers);
  const { version, deploymentId } = answer;
  const body = { version, deploymentId };
  return jsonAnswer(status, body, { "Marathon-Deployment-Id": deploymentId, ...headers });
}

/** For a change of one app: 201 when it creates the app. */
export function changeAnswer(answer: AppsAnswer, headers: Headers = {}): DoorAnswer {
  const createdApp = answer.type === "deployment" ? answer.created[0] : undefined;
  if (createdApp === undefined) return deploymentAnswer(answer, headers);
  return deploymentAnswer(answer, { Location: `/v2/apps${createdApp}`, ...headers }, 201);
}
