/**
 * Handing commands to the app service, and its answers back to the client.
 */

import { assert } from "#base/assert.ts";
import type { AppsAnswer, AppsCommand } from "#core/apps/types.ts";
import type { DoorAnswer, Headers, Respond } from "#ports/door.ts";
import { emptyAnswer, jsonAnswer, rejectionAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";

/** A rejection is answered here; `answered` turns anything else into what the client gets. */
export function submitCommand(
  context: ClusterContext,
  command: AppsCommand,
  respond: Respond,
  answered: (answer: AppsAnswer) => DoorAnswer,
): void {
  context.apps.submit(command, (outcome) => {
    assert(outcome !== undefined, `the app service did not answer ${command.type}`);
    if ("kind" in outcome) return respond(rejectionAnswer(outcome));
    return respond(answered(outcome));
  });
}

/** For commands that answer with a deployment: 201 when it creates the one app that was asked for. */
export function submitDeployment(
  context: ClusterContext,
  command: AppsCommand,
  respond: Respond,
  headers: Headers = {},
): void {
  submitCommand(context, command, respond, (answer) => deploymentAnswer(answer, headers));
}

export function deploymentAnswer(answer: AppsAnswer, headers: Headers = {}): DoorAnswer {
  // A deployment that was stopped by force leaves nothing to name.
  if (answer.type !== "deployment") return emptyAnswer(202, headers);
  const { version, deploymentId, created } = answer;
  const [createdApp] = created;
  return jsonAnswer(
    createdApp === undefined ? 200 : 201,
    { version, deploymentId },
    {
      "Marathon-Deployment-Id": deploymentId,
      ...(createdApp === undefined ? {} : { Location: `/v2/apps${createdApp}` }),
      ...headers,
    },
  );
}
