/**
 * Changing apps: create, update, restart, delete. Each becomes one command for the app service.
 */

import type { AppsCommand, ChangeOptions } from "#core/apps/types.ts";
import { type AppId, versionId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { parsed } from "#wire/json/problem.ts";
import { parseApp, parseRollback } from "#wire/marathon/app-parse.ts";
import { emptyAnswer, jsonAnswer, messageAnswer, problemAnswer, warningHeaders } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags } from "../query.ts";
import { embedUsual, formatAppView } from "./app-json.ts";
import { readChange } from "./change-options.ts";
import { publishApiPost } from "./events.ts";
import { answerPlan } from "./plan-change.ts";
import { changedByPlugins } from "./plugins.ts";
import { submitCommand, submitDeployment } from "./submit.ts";
import { parseUpdateList, submitUpdates } from "./update-apps.ts";

export function createApp(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const change = readChange(request.query);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const sent = parseJson(request.body);
  const body = sent.ok ? changedByPlugins(context, "app", sent.value) : sent;
  const definition = body.ok ? parseApp(body.value) : body;
  if (!definition.ok) return respond(problemAnswer(definition.problem));
  const command: AppsCommand = { type: "create-app", definition: definition.value, ...change.options };
  if (change.dryRun) return answerPlan(context, command, respond);
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
  return makeChange(request, context, tell, false, (options) => ({
    type: "rollback-app",
    id,
    version,
    ...options,
  }));
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
  makeChange(request, context, respond, false, (options) => ({ type: "restart-app", id, ...options }));
}

/** `force` is true unless said otherwise, as Marathon's code has it. */
export function deleteApp(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  makeChange(request, context, respond, true, (options) => ({ type: "delete-app", id, ...options }));
}

function makeChange(
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
  forceByDefault: boolean,
  make: (options: ChangeOptions) => AppsCommand,
): void {
  const change = readChange(request.query, forceByDefault);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const command = make(change.options);
  if (change.dryRun) return answerPlan(context, command, respond);
  return submitDeployment(context, command, respond);
}
