/**
 * Marathon's API as a table. Ids of apps have slashes, so everything about one app is below one wildcard.
 */

import type { DoorAnswer, DoorMethod, DoorRequest, Endpoint, Permission, Respond } from "#ports/door.ts";
import { invalid } from "#wire/json/problem.ts";
import { messageAnswer, notFound, problemAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { createApp, deleteApp, restartApp, updateApp, updateApps } from "./change-apps.ts";
import { cancelDeployment, listDeployments, resetDelay, showDeployment, showQueue } from "./deployments.ts";
import { streamEvents } from "./event-stream.ts";
import { groupEndpoints } from "./group-endpoints.ts";
import { ping, showInfo, showLeader } from "./info.ts";
import { namingLeader } from "./leader-header.ts";
import { showMetrics, showPrometheus } from "./metrics.ts";
import { showOpenApi } from "./openapi.ts";
import { pluginEndpoints } from "./plugins.ts";
import { podEndpoints } from "./pod-endpoints.ts";
import { listApps, listGroup, showApp, showVersions } from "./read-apps.ts";
import { changeLogging, showConfig, showLogging, stepDown } from "./system.ts";
import { type AppTarget, parseAppTarget } from "./target.ts";
import { killAppTasks, killTasks, listTasks, showGroupTasks, showTasks } from "./tasks.ts";

type Handle = Endpoint<ClusterContext>["handle"];

const endpoint = (
  method: DoorMethod,
  path: string,
  permission: Permission,
  summary: string,
  handle: Handle,
): Endpoint<ClusterContext> => ({ method, path, permission, summary, handle });

const endpoints: readonly Endpoint<ClusterContext>[] = [
  endpoint("GET", "/ping", "public", "Whether the service answers: pong", ping),
  endpoint("GET", "/v2/openapi.json", "read", "This API, as OpenAPI 3.1", showOpenApi),
  endpoint("GET", "/v2/info", "read", "Name, version, leader and configuration", showInfo),
  endpoint("GET", "/v2/leader", "read", "Who leads", showLeader),
  endpoint("DELETE", "/v2/leader", "write", "Hand over to another master, if there is one", stepDown),
  ...pluginEndpoints,
  endpoint("GET", "/config", "read", "What the service was started with", showConfig),
  endpoint("GET", "/logging", "read", "Loggers and their levels", showLogging),
  endpoint(
    "POST",
    "/logging",
    "write",
    "Change a level: what is logged does not depend on it",
    changeLogging,
  ),
  endpoint("GET", "/metrics", "read", "Figures under Marathon's names", showMetrics),
  endpoint("GET", "/metrics/prometheus", "read", "The same for Prometheus", showPrometheus),
  endpoint(
    "GET",
    "/v2/events",
    "read",
    "Events as they happen (server-sent); event_type filters",
    streamEvents,
  ),
  endpoint("GET", "/v2/apps", "read", "All apps; cmd, id and label filter, embed adds", listApps),
  endpoint("POST", "/v2/apps", "write", "Create an app", createApp),
  endpoint("PUT", "/v2/apps", "write", "Create or change several apps in one deployment", updateApps),
  endpoint("PATCH", "/v2/apps", "write", "Change several apps in one deployment", updateApps),
  endpoint(
    "GET",
    "/v2/apps/*",
    "read",
    "{id}, {id}/tasks[/{taskId}], {id}/versions[/{version}], {group}/*",
    readBelow,
  ),
  endpoint("PUT", "/v2/apps/*", "write", "{id}: create, change or roll back an app", changeBelow),
  endpoint("PATCH", "/v2/apps/*", "write", "{id}: change an app", changeBelow),
  endpoint("POST", "/v2/apps/*", "write", "{id}/restart: replace all instances", changeBelow),
  endpoint(
    "DELETE",
    "/v2/apps/*",
    "write",
    "{id}: delete an app; {id}/tasks[/{taskId}]: kill tasks",
    changeBelow,
  ),
  ...podEndpoints,
  ...groupEndpoints,
  endpoint("GET", "/v2/tasks", "read", "All tasks; status filters", listTasks),
  endpoint("POST", "/v2/tasks/delete", "write", "Kill tasks by id; scale lowers their apps", killTasks),
  endpoint(
    "GET",
    "/v2/deployments",
    "read",
    "What is under way; embed=waitingFor says what it waits for",
    listDeployments,
  ),
  endpoint("GET", "/v2/deployments/:id", "read", "One deployment", showDeployment),
  endpoint(
    "DELETE",
    "/v2/deployments/:id",
    "write",
    "Take a deployment back, or by force just stop it",
    cancelDeployment,
  ),
  endpoint("GET", "/v2/queue", "read", "Instances that wait for a place, and why", showQueue),
  endpoint("DELETE", "/v2/queue/*", "write", "{id}/delay: launch now, whatever failed before", resetDelay),
];

export const marathonEndpoints = endpoints.map(namingLeader);

function readBelow(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const target = parseAppTarget(request.params["*"] ?? "");
  switch (target.kind) {
    case "app":
      return showApp(target.id, request, context, respond);
    case "group":
      return listGroup(target.prefix, request, context, respond);
    case "group-tasks":
      return showGroupTasks(target.prefix, context, respond);
    case "tasks":
      return showTasks(target.id, target.taskId, request, context, respond);
    case "versions":
      return showVersions(target.id, target.version, context, respond);
    case "restart":
      return respond(wrongMethod(request, target));
    case "none":
      return respond(notFound(`The app id ${target.error}.`));
    default:
      return target satisfies never;
  }
}

function changeBelow(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const target = parseAppTarget(request.params["*"] ?? "");
  if (target.kind === "none")
    return respond(
      request.method === "PUT" || request.method === "PATCH"
        ? problemAnswer(invalid("/id", target.error).problem)
        : notFound(`The app id ${target.error}.`),
    );
  if (!methodsOf[target.kind].includes(request.method)) return respond(wrongMethod(request, target));
  switch (target.kind) {
    case "app":
      if (request.method === "DELETE") return deleteApp(target.id, request, context, respond);
      return updateApp(target.id, request, context, respond);
    case "restart":
      return restartApp(target.id, request, context, respond);
    case "tasks":
      return killAppTasks(target.id, target.taskId, request, context, respond);
    case "group":
    case "group-tasks":
    case "versions":
      return respond(wrongMethod(request, target));
    default:
      return target satisfies never;
  }
}

const methodsOf: Readonly<Record<Exclude<AppTarget["kind"], "none">, readonly string[]>> = {
  app: ["GET", "PUT", "PATCH", "DELETE"],
  group: ["GET"],
  "group-tasks": ["GET"],
  restart: ["POST"],
  tasks: ["GET", "DELETE"],
  versions: ["GET"],
};

function wrongMethod(
  request: DoorRequest,
  target: Exclude<AppTarget, { readonly kind: "none" }>,
): DoorAnswer {
  const allow = methodsOf[target.kind].join(", ");
  return messageAnswer(405, `${request.method} is not possible here; possible: ${allow}.`, { Allow: allow });
}
