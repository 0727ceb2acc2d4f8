/**
 * Tasks of apps: lists, one task, and killing, with or without scaling down.
 */

import { limits } from "#base/limits.ts";
import { type AppId, type TaskId, taskId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { appNotFound } from "#wire/marathon/errors.ts";
import { parseTaskIds } from "#wire/marathon/task-ids-parse.ts";
import { jsonAnswer, messageAnswer, notFound, problemAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags, readList } from "../query.ts";
import { type InstanceView, viewAllInstances, viewInstances } from "../views/apps-view.ts";
import { formatTaskView } from "./app-json.ts";
import { deploymentAnswer, submitCommand } from "./submit.ts";

const killFlags = { scale: false, wipe: false, force: false };

const knownStatuses: ReadonlySet<string> = new Set(["running", "staging"]);

/** `?status=running` or `staging`, repeatable; all without, or when nothing that is given is a status. */
export function listTasks(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const given = [...readList(request.query, "status"), ...readList(request.query, "status[]")];
  const statuses = given.map((status) => status.toLowerCase()).filter((status) => knownStatuses.has(status));
  const isWanted = ({ instance: { state } }: InstanceView): boolean =>
    statuses.length === 0 ||
    statuses.includes(state) ||
    (statuses.includes("staging") && state === "starting");
  context.apps.read(viewAllInstances, (views) =>
    respond(jsonAnswer(200, { tasks: views.filter(isWanted).map(formatTaskView) })),
  );
}

export function showTasks(
  id: AppId,
  wanted: string | undefined,
  context: ClusterContext,
  respond: Respond,
): void {
  withTasks(id, context, respond, (views) => {
    if (wanted === undefined) return respond(jsonAnswer(200, { tasks: views.map(formatTaskView) }));
    const view = views.find(({ instance }) => instance.taskId === wanted);
    return respond(view === undefined ? noSuchTask(wanted) : jsonAnswer(200, { task: formatTaskView(view) }));
  });
}

/** All of the app's, those on `?host=`, or one. */
export function killAppTasks(
  id: AppId,
  wanted: string | undefined,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const host = request.query.get("host") ?? "*";
  withTasks(id, context, respond, (views) => {
    const chosen = views.filter(({ instance }) =>
      wanted === undefined ? host === "*" || instance.hostname === host : instance.taskId === wanted,
    );
    if (wanted !== undefined && chosen.length === 0) return respond(noSuchTask(wanted));
    return kill(chosen, wanted === undefined, request, context, respond);
  });
}

/** `POST /v2/tasks/delete`: tasks of any apps, by id; those that are not there are passed over. */
export function killTasks(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const body = parseJson(request.body);
  const ids = body.ok ? parseTaskIds(body.value, limits.tasksPerRequestMax) : body;
  if (!ids.ok) return respond(problemAnswer(ids.problem));
  const wanted: ReadonlySet<TaskId> = new Set(ids.value.map(taskId));
  context.apps.read(viewAllInstances, (views) =>
    kill(
      views.filter(({ instance }) => wanted.has(instance.taskId)),
      true,
      request,
      context,
      respond,
    ),
  );
}

function kill(
  chosen: readonly InstanceView[],
  asList: boolean,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const flags = readFlags(request.query, killFlags);
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const { scale, wipe, force } = flags.value;
  if (scale && wipe) return respond(messageAnswer(400, "You cannot use scale and wipe at the same time."));
  const taskIds = chosen.map(({ instance }) => instance.taskId);
  return submitCommand(context, { type: "kill-tasks", taskIds, scale, force }, respond, (answer) => {
    if (answer.type !== "killed") return deploymentAnswer(answer);
    // Shown as they were found: the state that the kill leads to is not known yet.
    const tasks = chosen.map(formatTaskView);
    return jsonAnswer(200, asList ? { tasks } : { task: tasks[0] });
  });
}

const noSuchTask = (id: string) => notFound(`Task '${id}' does not exist`);

function withTasks(
  id: AppId,
  context: ClusterContext,
  respond: Respond,
  use: (views: readonly InstanceView[]) => void,
): void {
  context.apps.read(
    (state) => (state.apps.has(id) ? viewInstances(state, id) : undefined),
    (views) => (views === undefined ? respond(jsonAnswer(404, appNotFound(id))) : use(views)),
  );
}
