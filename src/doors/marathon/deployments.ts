/**
 * Deployments and the launch queue: what is under way, and what it waits for.
 */

import { type AppId, deploymentId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseAppId } from "#wire/marathon/app-id.ts";
import { formatDeployment } from "#wire/marathon/deployment-format.ts";
import { formatQueueEntry } from "#wire/marathon/queue-format.ts";
import { emptyAnswer, jsonAnswer, messageAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags, readList } from "../query.ts";
import { type DeploymentView, viewDeployments, viewQueue } from "../views/apps-view.ts";
import { submitCommand, submitDeployment } from "./submit.ts";

/** `?embed=waitingFor` adds what each waits for; without it there is nothing that a strict client trips over. */
export function listDeployments(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const format = formatterFor(request);
  context.apps.read(viewDeployments, (views) => respond(jsonAnswer(200, views.map(format))));
}

export function showDeployment(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const id = request.params.id ?? "";
  const format = formatterFor(request);
  context.apps.read(viewDeployments, (views) => {
    const view = views.find(({ deployment }) => deployment.deploymentId === id);
    respond(view === undefined ? noSuchDeployment(id) : jsonAnswer(200, format(view)));
  });
}

const formatterFor = (request: DoorRequest) => {
  const withWaits = readList(request.query, "embed").includes("waitingFor");
  return ({ deployment, waitingFor }: DeploymentView) =>
    formatDeployment(deployment, withWaits ? waitingFor : undefined);
};

const noSuchDeployment = (id: string) => notFound(`Deployment '${id}' does not exist`);

/** Without `force` a new deployment takes everything back; with it the deployment is forgotten as it is. */
export function cancelDeployment(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const flags = readFlags(request.query, { force: false });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const id = deploymentId(request.params.id ?? "");
  return submitDeployment(context, { type: "cancel-deployment", id, ...flags.value }, respond);
}

export function showQueue(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const withOffers = readList(request.query, "embed").includes("lastUnusedOffers");
  context.apps.read(viewQueue, (entries) =>
    respond(jsonAnswer(200, { queue: entries.map((entry) => formatQueueEntry(entry, withOffers)) })),
  );
}

/** `DELETE /v2/queue/{id}/delay`. */
export function resetDelay(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const match = /^(.+)\/delay\/?$/.exec(request.params["*"] ?? "");
  const id = match === null ? undefined : parseAppId(match[1] ?? "");
  if (id === undefined) return respond(messageAnswer(404, "Only /v2/queue/{app id}/delay can be deleted."));
  if (!id.ok) return respond(messageAnswer(404, `The app id ${id.error}.`));
  const wanted: AppId = id.id;
  context.apps.read(
    (state, nowMs) => viewQueue(state, nowMs).some(({ app }) => app.definition.id === wanted),
    (isQueued) => {
      if (!isQueued) return respond(notFound(`Application ${wanted} not found in tasks queue.`));
      return submitCommand(context, { type: "reset-delay", id: wanted }, respond, () => emptyAnswer(204));
    },
  );
}
