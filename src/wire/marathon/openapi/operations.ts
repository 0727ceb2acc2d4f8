/**
 * What can be asked of Marathon's API, operation by operation: for the OpenAPI document.
 *
 * The table of endpoints says what is served; a test holds the two against each other. Ids of apps have slashes: a path
 * below `{appId}` begins with the id as it is, its slashes too.
 */

import type { ApiSchemaName } from "./schemas.ts";

export type ApiOperation = {
  readonly method: "get" | "post" | "put" | "patch" | "delete" | "head";
  readonly path: string;
  readonly summary: string;
  readonly query?: readonly QueryName[];
  readonly body?: ApiSchemaName;
  /** By status; `events`, `text`: no JSON. */
  readonly answers: Readonly<Record<number, ApiSchemaName | "empty" | "text" | "events">>;
};

export const queryParameters = {
  cmd: "Part of the command, in any case",
  id: "Part of the id, in any case",
  label: "Label selectors: owner, owner==x, owner!=x, owner in (x, y), owner notin (x); a comma means and",
  embed: "What the answer is to hold beside the usual; may be given several times",
  force: "Changes although a deployment is in the way, which is cancelled",
  partialUpdate: "false: what is not given goes back to its default (true)",
  dryRun: "Only tells what would be done",
  supersede: "Takes apps over from a deployment that is in the way, which goes on with its others",
  keepInstances: "Changes labels, constraints and the like without replacing instances",
  deadlineSeconds: "Takes the deployment back if it is not done by then",
  host: "Only tasks on this host",
  scale: "Lowers the number of instances by those that are killed",
  wipe: "Gives up what they reserved",
  status: "running or staging",
  containerNetworks:
    "As plain text: networks whose own addresses are told, too; a comma between them, * is all",
  event_type: "Only events of this type; may be given several times",
  "plan-format": "light: deployments without the definitions",
} as const;
export type QueryName = keyof typeof queryParameters;

const change = { 200: "Change", 404: "Problem", 409: "Problem", 422: "Problem" } as const;
const invalid = { 400: "Problem", 422: "Problem" } as const;
const missing = { 404: "Problem" } as const;

const operation = (
  method: ApiOperation["method"],
  path: string,
  summary: string,
  more: Omit<ApiOperation, "method" | "path" | "summary">,
): ApiOperation => ({ method, path, summary, ...more });

const changing: readonly QueryName[] = ["force", "supersede", "keepInstances", "deadlineSeconds", "dryRun"];

const appOperations: readonly ApiOperation[] = [
  operation("get", "/v2/apps", "All apps", {
    query: ["cmd", "id", "label", "embed"],
    answers: { 200: "AppList", 400: "Problem" },
  }),
  operation("post", "/v2/apps", "Create an app", {
    query: changing,
    body: "App",
    answers: { 201: "AppVersion", 409: "Problem", ...invalid },
  }),
  operation("put", "/v2/apps", "Create or change several apps in one deployment", {
    query: [...changing, "partialUpdate"],
    body: "AppUpdates",
    answers: { ...change, ...invalid },
  }),
  operation("patch", "/v2/apps", "Change several apps in one deployment", {
    query: changing,
    body: "AppUpdates",
    answers: { ...change, ...invalid },
  }),
  operation("get", "/v2/apps/{appId}", "One app", {
    query: ["embed"],
    answers: { 200: "AppAnswer", ...missing },
  }),
  operation("put", "/v2/apps/{appId}", "Create or change an app, or go back to a version of it", {
    query: [...changing, "partialUpdate"],
    body: "App",
    answers: { ...change, 201: "Change", ...invalid },
  }),
  operation("patch", "/v2/apps/{appId}", "Change an app", {
    query: changing,
    body: "App",
    answers: { ...change, ...invalid },
  }),
  operation("delete", "/v2/apps/{appId}", "Delete an app", { query: changing, answers: change }),
  operation("post", "/v2/apps/{appId}/restart", "Replace all instances", {
    query: changing,
    answers: change,
  }),
  operation("get", "/v2/apps/{appId}/tasks", "Its tasks", {
    query: ["containerNetworks"],
    answers: { 200: "TaskList", ...missing },
  }),
  operation("delete", "/v2/apps/{appId}/tasks", "Kill its tasks", {
    query: ["host", "scale", "wipe", "force"],
    answers: { 200: "Any", ...missing },
  }),
  operation("get", "/v2/apps/{appId}/versions", "Its versions, the newest first", {
    answers: { 200: "Versions", ...missing },
  }),
  operation("get", "/v2/apps/{appId}/versions/{version}", "The app as it was", {
    answers: { 200: "AppVersion", ...missing },
  }),
];

const groupOperations: readonly ApiOperation[] = [
  operation("get", "/v2/groups", "The tree of groups", { query: ["embed"], answers: { 200: "Group" } }),
  operation("post", "/v2/groups", "Create a group with all that is in it", {
    query: changing,
    body: "Group",
    answers: { 201: "Change", 409: "Problem", ...invalid },
  }),
  operation("put", "/v2/groups", "Change the root group", {
    query: changing,
    body: "Group",
    answers: { ...change, ...invalid },
  }),
  operation("delete", "/v2/groups", "Delete every app, pod and group", { query: changing, answers: change }),
  operation("get", "/v2/groups/{groupId}", "One group", {
    query: ["embed"],
    answers: { 200: "Group", ...missing },
  }),
  operation("post", "/v2/groups/{groupId}", "Create a group below it, or itself", {
    query: changing,
    body: "Group",
    answers: { 201: "Change", 409: "Problem", ...invalid },
  }),
  operation(
    "put",
    "/v2/groups/{groupId}",
    "Create or change a group, scale it, or take it back to a version",
    {
      query: changing,
      body: "Group",
      answers: { ...change, ...invalid },
    },
  ),
  operation("patch", "/v2/groups/{groupId}", "Say whether the group's name is the role of its apps", {
    body: "Group",
    answers: { 200: "empty", ...missing, ...invalid },
  }),
  operation("delete", "/v2/groups/{groupId}", "Delete a group with all that is in it", {
    query: changing,
    answers: change,
  }),
  operation("get", "/v2/groups/{groupId}/apps", "All apps in it, at any depth", {
    query: ["embed"],
    answers: { 200: "Any", ...missing },
  }),
  operation("get", "/v2/groups/{groupId}/versions", "Its versions, the newest first", {
    answers: { 200: "VersionList", ...missing },
  }),
  operation("get", "/v2/groups/{groupId}/versions/{version}", "The group as it was", {
    answers: { 200: "Group", ...missing },
  }),
];

const podChange = { 200: "Pod", 409: "Problem", ...invalid } as const;

const podOperations: readonly ApiOperation[] = [
  operation("get", "/v2/pods", "All pods", { answers: { 200: "PodList" } }),
  operation("post", "/v2/pods", "Create a pod", {
    query: changing,
    body: "Pod",
    answers: { 201: "Pod", 409: "Problem", ...invalid },
  }),
  operation("get", "/v2/pods/::status", "How all pods do", { answers: { 200: "PodStatusList" } }),
  operation("get", "/v2/pods/{podId}", "One pod", { answers: { 200: "Pod", ...missing } }),
  operation("put", "/v2/pods/{podId}", "Create or change a pod; the body is the whole of it", {
    query: changing,
    body: "Pod",
    answers: podChange,
  }),
  operation("delete", "/v2/pods/{podId}", "Delete a pod", {
    query: changing,
    answers: { 202: "empty", 409: "Problem", ...missing },
  }),
  operation("get", "/v2/pods/{podId}::status", "How its instances and their containers do", {
    answers: { 200: "PodStatus", ...missing },
  }),
  operation("get", "/v2/pods/{podId}::versions", "Its versions, the newest first", {
    answers: { 200: "VersionList", ...missing },
  }),
  operation("get", "/v2/pods/{podId}::versions/{version}", "The pod as it was", {
    answers: { 200: "Pod", ...missing },
  }),
  operation("delete", "/v2/pods/{podId}::instances", "Kill instances by their ids", {
    query: ["wipe"],
    body: "InstanceIds",
    answers: { 200: "List", ...missing, ...invalid },
  }),
  operation("delete", "/v2/pods/{podId}::instances/{instanceId}", "Kill one instance", {
    query: ["wipe"],
    answers: { 200: "Any", ...missing },
  }),
];

const otherOperations: readonly ApiOperation[] = [
  operation("get", "/v2/tasks", "All tasks", {
    query: ["status", "containerNetworks"],
    answers: { 200: "TaskList" },
  }),
  operation("post", "/v2/tasks/delete", "Kill tasks by their ids", {
    query: ["scale", "wipe", "force"],
    body: "TaskIds",
    answers: { 200: "Any", 400: "Problem" },
  }),
  operation("get", "/v2/deployments", "What is under way", {
    query: ["embed"],
    answers: { 200: "DeploymentList" },
  }),
  operation("get", "/v2/deployments/{deploymentId}", "One deployment", {
    query: ["embed"],
    answers: { 200: "Deployment", ...missing },
  }),
  operation("delete", "/v2/deployments/{deploymentId}", "Take it back, or by force just stop it", {
    query: ["force"],
    answers: { 200: "Change", 202: "empty", ...missing },
  }),
  operation("get", "/v2/queue", "Instances that wait for a place, and why", {
    query: ["embed"],
    answers: { 200: "Queue" },
  }),
  operation("delete", "/v2/queue/{appId}/delay", "Launch now, whatever failed before", {
    answers: { 204: "empty", ...missing },
  }),
  operation("get", "/v2/events", "Events as they happen (server-sent)", {
    query: ["event_type", "plan-format"],
    answers: { 200: "events" },
  }),
  operation("get", "/v2/info", "Name, version, leader and configuration", { answers: { 200: "Info" } }),
  operation("get", "/v2/leader", "Who leads", { answers: { 200: "Leader" } }),
  operation("delete", "/v2/leader", "Hand over to another master, if there is one", {
    answers: { 200: "Any", 409: "Problem" },
  }),
  operation("get", "/ping", "Whether the service answers", { answers: { 200: "text", 204: "empty" } }),
  operation("get", "/metrics", "Figures under Marathon's names", { answers: { 200: "Any" } }),
  operation("get", "/metrics/prometheus", "The same for Prometheus", { answers: { 200: "text" } }),
];

export const apiOperations: readonly ApiOperation[] = [
  ...appOperations,
  ...groupOperations,
  ...podOperations,
  ...otherOperations,
];
