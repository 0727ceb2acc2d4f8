/**
 * Changing apps: create, update, restart, delete. Each becomes one command for the app service.
 */

import type { AppsCommand } from "#core/apps/types.ts";
import { type AppId, versionId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { parsed } from "#wire/json/problem.ts";
import { parseApp, parseRollback } from "#wire/marathon/app-parse.ts";
import { emptyAnswer, jsonAnswer, messageAnswer, problemAnswer, warningHeaders } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags } from "../query.ts";
import { embedUsual, formatAppView } from "./app-json.ts";
import { publishApiPost } from "./events.ts";
import { submitCommand, submitDeployment } from "./submit.ts";
import { parseUpdateList, submitUpdates } from "./update-apps.ts";

export function createApp(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const flags = readFlags(request.query, { force: false });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const body = parseJson(request.body);
  const definition = body.ok ? parseApp(body.value) : body;
  if (!definition.ok) return respond(problemAnswer(definition.problem));
  const command: AppsCommand = { type: "create-app", definition: definition.value, ...flags.value };
  return submitCommand(context, command, respond, (answer) => {
    if (answer.type !== "app") return emptyAnswer(201);
    const { app, deploymentId } = answer;
    const nowMs = context.nowMs();
    publishApiPost(context.events, nowMs, request, app);
    const deploymentIds = deploymentId === undefined ? [] : [deploymentId];
    const view = { app, instances: [], deploymentIds, failure: undefined };
    return jsonAnswer(201, formatAppView(view, embedUsual, nowMs), {
      Location: `/v2/apps${app.definition.id}`,
      ...(deploymentId === undefined ? {} : { "Marathon-Deployment-Id": deploymentId }),
      ...warningHeaders(definition.warnings),
    });
  });
}

/** A version alone goes back to it; what replaces or creates an app may repeat the version that was read. */
export function updateApp(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const body = parseJson(request.body);
  if (!body.ok) return respond(problemAnswer(body.problem));
  const flags = readFlags(request.query, { partialUpdate: true });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const tell = tellingOf(id, request, context, respond);
  const merges = request.method === "PATCH" || flags.value.partialUpdate;
  const rollback = merges ? parseRollback(body.value) : parsed(undefined);
  if (!rollback.ok || rollback.value === undefined) {
    return submitUpdates([{ id, body: body.value, index: undefined }], request, context, tell);
  }
  const version = versionId(rollback.value);
  return change(request, context, tell, false, (force) => ({ type: "rollback-app", id, version, force }));
}

/** Answers, and tells the readers of events that somebody changed the app by this request. */
const tellingOf =
  (id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): Respond =>
  (answer) => {
    if (answer.kind !== "body" || answer.status >= 300) return respond(answer);
    context.apps.read(
      (state, nowMs) => ({ app: state.apps.get(id), nowMs }),
      ({ app, nowMs }) => {
        if (app !== undefined) publishApiPost(context.events, nowMs, request, app);
        respond(answer);
      },
    );
  };

export function updateApps(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const wanted = parseUpdateList(request.body);
  if (!wanted.ok) return respond(problemAnswer(wanted.problem));
  return submitUpdates(wanted.value, request, context, respond);
}

export function restartApp(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  change(request, context, respond, false, (force) => ({ type: "restart-app", id, force }));
}

/** `force` is true unless said otherwise, as Marathon's code has it. */
export function deleteApp(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  change(request, context, respond, true, (force) => ({ type: "delete-app", id, force }));
}

function change(
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
  forceByDefault: boolean,
  make: (force: boolean) => AppsCommand,
): void {
  const flags = readFlags(request.query, { force: forceByDefault });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  return submitDeployment(context, make(flags.value.force), respond);
}
