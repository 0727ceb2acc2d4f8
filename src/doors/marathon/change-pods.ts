/**
 * Changing pods: create, update, delete, and killing instances. Each becomes one command for the app service.
 */

import { limits } from "#base/limits.ts";
import type { AppsAnswer, AppsCommand } from "#core/apps/types.ts";
import { instancesOf } from "#core/apps/views.ts";
import type { AppId } from "#model/ids.ts";
import { instanceIdOf } from "#model/instance.ts";
import type { DoorAnswer, DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { podEvent } from "#wire/marathon/event-format.ts";
import { parseInstanceId, parseInstanceIds } from "#wire/marathon/instance-ids-parse.ts";
import { formatPod } from "#wire/marathon/pod-format.ts";
import { parsePod } from "#wire/marathon/pod-parse.ts";
import { formatKilledInstance, type PodInstanceView } from "#wire/marathon/pod-status-format.ts";
import {
  emptyAnswer,
  jsonAnswer,
  messageAnswer,
  notFound,
  problemAnswer,
  warningHeaders,
} from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags } from "../query.ts";
import { viewPodInstance } from "../views/pods-view.ts";
import { readChange, refusedDryRun } from "./change-options.ts";
import { answerPlan } from "./plan-change.ts";
import { changedByPlugins } from "./plugins.ts";
import { noSuchPod } from "./read-pods.ts";
import { submitCommand } from "./submit.ts";

export function createPod(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  putPod("create-pod", undefined, request, context, respond);
}

export function updatePod(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  putPod("update-pod", id, request, context, respond);
}

function putPod(
  type: "create-pod" | "update-pod",
  id: AppId | undefined,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const change = readChange(request.query);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const sent = parseJson(request.body);
  const body = sent.ok ? changedByPlugins(context, "pod", sent.value) : sent;
  const definition = body.ok ? parsePod(body.value, id) : body;
  if (!definition.ok) return respond(problemAnswer(definition.problem));
  const command: AppsCommand = { type, definition: definition.value, ...change.options };
  if (change.dryRun) return answerPlan(context, command, respond);
  return submitCommand(context, command, respond, (answer) => {
    if (answer.type !== "pod") return emptyAnswer(200);
    tell(type === "create-pod" ? "created" : "updated", request, context);
    const { pod, deploymentId } = answer;
    return jsonAnswer(type === "create-pod" ? 201 : 200, formatPod(pod), {
      ...(type === "create-pod" ? { Location: `/v2/pods${pod.definition.id}` } : {}),
      "Marathon-Deployment-Id": deploymentId,
      ...warningHeaders(definition.warnings),
    });
  });
}

function tell(
  what: "created" | "updated" | "deleted",
  request: DoorRequest,
  { events, nowMs }: ClusterContext,
): void {
  const { name, data } = podEvent(nowMs(), what, request.remoteAddress, request.path);
  events.publish(name, data);
}

export function deletePod(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const change = readChange(request.query);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const command: AppsCommand = { type: "delete-pod", id, ...change.options };
  if (change.dryRun) return answerPlan(context, command, respond);
  return submitCommand(context, command, respond, (answer) => {
    tell("deleted", request, context);
    return deletedAnswer(answer);
  });
}

/** The deployment's id is in the headers, for the body is empty. */
function deletedAnswer(answer: AppsAnswer): DoorAnswer {
  if (answer.type !== "deployment") return emptyAnswer(202);
  const { deploymentId } = answer;
  return emptyAnswer(202, { Location: deploymentId, "Marathon-Deployment-Id": deploymentId });
}

/** `wanted`: one, or those that the body names. */
export function killPodInstances(
  id: AppId,
  wanted: string | undefined,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const flags = readFlags(request.query, { wipe: false });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const refused = refusedDryRun(request.query);
  if (refused !== undefined) return respond(messageAnswer(400, refused));
  const given = wanted === undefined ? bodyIds(request) : parseInstanceId(wanted);
  if (!given.ok) return respond(problemAnswer(given.problem));
  const ids: ReadonlySet<string> = new Set([given.value].flat());
  context.apps.read(
    (state) =>
      state.pods.has(id)
        ? instancesOf(state, id)
            .filter((instance) => ids.has(instanceIdOf(instance)))
            .map((instance) => viewPodInstance(state, instance))
        : undefined,
    (views) => {
      if (views === undefined) return respond(noSuchPod(id));
      if (wanted !== undefined && views.length === 0)
        return respond(notFound(`Task '${wanted}' does not exist`));
      return kill(views, wanted === undefined, flags.value.wipe, context, respond);
    },
  );
}

function bodyIds(request: DoorRequest) {
  const body = parseJson(request.body);
  return body.ok ? parseInstanceIds(body.value, limits.tasksPerRequestMax) : body;
}

function kill(
  views: readonly PodInstanceView[],
  asList: boolean,
  wipe: boolean,
  context: ClusterContext,
  respond: Respond,
): void {
  const taskIds = views.map(({ instance }) => instance.taskId);
  const command: AppsCommand = { type: "kill-tasks", taskIds, scale: false, wipe, force: false };
  return submitCommand(context, command, respond, () => {
    const killed = views.map(formatKilledInstance);
    return jsonAnswer(200, asList ? killed : killed[0]);
  });
}
