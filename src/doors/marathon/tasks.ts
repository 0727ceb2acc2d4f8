/**
 * Tasks of apps: lists, one task, and killing, with or without scaling down.
 */

import { limits } from "#base/limits.ts";
import { berthsOf } from "#core/apps/views.ts";
import type { Berth } from "#model/berth.ts";
import { type AppId, groupId, type TaskId, taskId } from "#model/ids.ts";
import { taskIdsOf } from "#model/instance.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { appNotFound } from "#wire/marathon/errors.ts";
import { parseTaskIds } from "#wire/marathon/task-ids-parse.ts";
import { jsonAnswer, messageAnswer, notFound, problemAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags, readList } from "../query.ts";
import { type InstanceView, viewAllInstances, viewInstances } from "../views/apps-view.ts";
import { viewGroup } from "../views/groups-view.ts";
import { formatTaskView } from "./app-json.ts";
import { refusedDryRun } from "./change-options.ts";
import { answerPlan } from "./plan-change.ts";
import { deploymentAnswer, submitCommand } from "./submit.ts";
import { listAsText, wantsText } from "./task-text.ts";

const killFlags = { scale: false, wipe: false, force: false, dryRun: false };

const knownStatuses: ReadonlySet<string> = new Set(["running", "staging"]);

/** `?status=running` or `staging`, repeatable; all without, or when nothing that is given is a status. */
export function listTasks(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  if (wantsText(request)) return listAsText(undefined, request, context, respond);
  const given = [...readList(request.query, "status"), ...readList(request.query, "status[]")];
  const statuses = given.map((status) => status.toLowerCase()).filter((status) => knownStatuses.has(status));
  const isWanted = ({ instance: { state, containers } }: InstanceView): boolean =>
    // Those of pods are told of with their pods.
    containers === undefined &&
    (statuses.length === 0 ||
      statuses.includes(state) ||
      (statuses.includes("staging") && state === "starting"));
  context.apps.read(viewAllInstances, (views) =>
    respond(jsonAnswer(200, { tasks: views.filter(isWanted).map(formatTaskView) })),
  );
}

export function showTasks(
  id: AppId,
  wanted: string | undefined,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  if (wanted === undefined && wantsText(request)) return listAsText(id, request, context, respond);
  withTasks(id, context, respond, (views) => {
    if (wanted === undefined) return respond(jsonAnswer(200, { tasks: views.map(formatTaskView) }));
    const view = views.find(({ instance }) => instance.taskId === wanted);
    return respond(view === undefined ? noSuchTask(wanted) : jsonAnswer(200, { task: formatTaskView(view) }));
  });
}

/** Those of all apps below a group. */
export function showGroupTasks(prefix: string, context: ClusterContext, respond: Respond): void {
  const isBelow = (id: string): boolean => prefix === "/" || id.startsWith(`${prefix}/`);
  context.apps.read(
    (state) => ({
      isThere: viewGroup(state, groupId(prefix)) !== undefined,
      views: viewAllInstances(state).filter(
        ({ instance }) => instance.containers === undefined && isBelow(instance.appId),
      ),
    }),
    ({ isThere, views }) =>
      respond(
        isThere
          ? jsonAnswer(200, { tasks: views.map(formatTaskView) })
          : notFound(`Group '${prefix}' does not exist`),
      ),
  );
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
  const isMeant = (hostname: string, ids: readonly string[]): boolean =>
    wanted === undefined ? host === "*" || hostname === host : ids.includes(wanted);
  withTasks(id, context, respond, (views, berths) => {
    const chosen = views.filter(({ instance }) => isMeant(instance.hostname, [instance.taskId]));
    // A place that is kept for an instance goes by the instance's id, or by that of the last task there.
    const places = berths.filter((berth) => isMeant(berth.hostname, namesOf(berth)));
    const isWipe = isYes(request.query.get("wipe"));
    if (wanted !== undefined && chosen.length + (isWipe ? places.length : 0) === 0)
      return respond(noSuchTask(wanted));
    return kill({ chosen, places, asList: wanted === undefined }, request, context, respond);
  });
}

/** `POST /v2/tasks/delete`: tasks of any apps, by id; those that are not there are passed over. */
export function killTasks(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const body = parseJson(request.body);
  const ids = body.ok ? parseTaskIds(body.value, limits.tasksPerRequestMax) : body;
  if (!ids.ok) return respond(problemAnswer(ids.problem));
  const wanted: ReadonlySet<TaskId> = new Set(ids.value.map(taskId));
  context.apps.read(
    (state) => ({ views: viewAllInstances(state), berths: [...state.berths.values()] }),
    ({ views, berths }) => {
      const chosen = views.filter(({ instance }) => taskIdsOf(instance).some((id) => wanted.has(id)));
      const places = berths.filter((berth) => namesOf(berth).some((id) => wanted.has(taskId(id))));
      kill({ chosen, places, asList: true }, request, context, respond);
    },
  );
}

const namesOf = ({ berthId, launches }: Berth): readonly string[] => [berthId, `${berthId}._app.${launches}`];

const isYes = (text: string | null): boolean => text?.toLowerCase() === "true";

type Chosen = {
  readonly chosen: readonly InstanceView[];
  readonly places: readonly Berth[];
  readonly asList: boolean;
};

function kill(
  { chosen, places, asList }: Chosen,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const flags = readFlags(request.query, killFlags);
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const { scale, wipe, force, dryRun } = flags.value;
  if (scale && wipe) return respond(messageAnswer(400, "You cannot use scale and wipe at the same time."));
  const taskIds = chosen.map(({ instance }) => instance.taskId);
  const berthIds = wipe ? places.map(({ berthId }) => berthId) : [];
  const command = { type: "kill-tasks", taskIds, scale, wipe, berthIds, force } as const;
  // Without scale no definition changes: all that would happen is that they are replaced.
  const refused = scale ? undefined : refusedDryRun(request.query);
  if (refused !== undefined) return respond(messageAnswer(400, refused));
  if (dryRun) return answerPlan(context, command, respond);
  return submitCommand(context, command, respond, (answer) => {
    if (answer.type !== "killed") return deploymentAnswer(answer);
    // Shown as they were found: the state that the kill leads to is not known yet.
    const tasks = chosen.map(formatTaskView);
    return jsonAnswer(200, asList ? { tasks } : { task: tasks[0] ?? null });
  });
}

const noSuchTask = (id: string) => notFound(`Task '${id}' does not exist`);

function withTasks(
  id: AppId,
  context: ClusterContext,
  respond: Respond,
  use: (views: readonly InstanceView[], berths: readonly Berth[]) => void,
): void {
  context.apps.read(
    (state) =>
      state.apps.has(id) ? { views: viewInstances(state, id), berths: berthsOf(state, id) } : undefined,
    (found) =>
      found === undefined ? respond(jsonAnswer(404, appNotFound(id))) : use(found.views, found.berths),
  );
}
