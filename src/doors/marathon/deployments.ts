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
import { type DeploymentView, viewDeployment, viewDeployments, viewQueue } from "../views/apps-view.ts";
import { formatReadiness } from "./app-json.ts";
import { refusedDryRun } from "./change-options.ts";
import { answerPlan } from "./plan-change.ts";
import { submitCommand, submitDeployment } from "./submit.ts";

/**
 * `?embed=waitingFor` adds what each waits for in sentences, `?embed=waits` the same as data with the deadline;
 * without them there is nothing that a strict client trips over.
 */
export function listDeployments(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const format = formatterFor(request);
  context.apps.read(viewDeployments, (views) => respond(jsonAnswer(200, views.map(format))));
}

export function showDeployment(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const id = deploymentId(request.params.id ?? "");
  const format = formatterFor(request);
  context.apps.read(
    (state, nowMs) => {
      const deployment = state.deployments.get(id);
      return deployment && viewDeployment(state, deployment, nowMs);
    },
    (view) => respond(view === undefined ? noSuchDeployment(id) : jsonAnswer(200, format(view))),
  );
}

const formatterFor = (request: DoorRequest) => {
  const embed = readList(request.query, "embed");
  return ({ deployment, waits, waitingFor, asked }: DeploymentView) =>
    formatDeployment(deployment, {
      readiness: new Map([...asked].map(([id, instances]) => [id, formatReadiness(instances)])),
      waitingFor: embed.includes("waitingFor") ? waitingFor : undefined,
      waits: embed.includes("waits") ? waits : undefined,
    });
};

const noSuchDeployment = (id: string) => notFound(`Deployment '${id}' does not exist`);

/** Without `force` a new deployment takes everything back; with it the deployment is forgotten as it is. */
export function cancelDeployment(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const flags = readFlags(request.query, { force: false, dryRun: false });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const { force, dryRun } = flags.value;
  const refused = force ? refusedDryRun(request.query) : undefined;
  if (refused !== undefined) return respond(messageAnswer(400, refused));
  const command = { type: "cancel-deployment", id: deploymentId(request.params.id ?? ""), force } as const;
  if (dryRun) return answerPlan(context, command, respond);
  return submitDeployment(context, command, respond);
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
  const refused = refusedDryRun(request.query);
  if (refused !== undefined) return respond(messageAnswer(400, refused));
  const wanted: AppId = id.id;
  context.apps.read(
    (state, nowMs) => viewQueue(state, nowMs).some(({ service }) => service.definition.id === wanted),
    (isQueued) => {
      if (!isQueued) return respond(notFound(`Application ${wanted} not found in tasks queue.`));
      return submitCommand(context, { type: "reset-delay", id: wanted }, respond, () => emptyAnswer(204));
    },
  );
}
