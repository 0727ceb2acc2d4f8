/**
 * What is claimed of Marathon's API: its endpoints, their query parameters, its events, and the traps for
 * whoever is compatible with it. Each claim of something that is there names tests that show it.
 *
 * Fields of definitions are in `marathon-field-claims.ts`.
 */

export type MarathonClaim = {
  /** Absent: as Marathon does. `ours`: Marathon has no such thing. */
  readonly state?: "differs" | "no" | "ours";
  /** How it differs, or why it is not there. */
  readonly note?: string;
  /** Names of tests, or what no other test's name holds. */
  readonly tests?: readonly string[];
};
export type MarathonClaims = Readonly<Record<string, MarathonClaim>>;

const shown = "an app is shown under each way of writing its path, with counts and tasks";
const createdApp = "a created app is answered whole, with its place and its deployment";
const merges = "PUT creates with 201 and then merges; partialUpdate=false replaces; PATCH merges";
const several = "several apps change in one deployment, and a fault names which";
const filtered = "lists are filtered by command, id, label and group";
const restarted = "restart and delete answer with a deployment";
const versions = "versions are listed newest first, shown, and gone back to";
const shownTask = "a task is shown alone and in both lists";
const allTasks = "all tasks of an app are killed, or those on one host";
const killedTask = "a killed task is told, and replaced";
const killedById = "tasks are killed by id; those that are not there are passed over";
const wiped = "a place with volumes is kept for the next task, and wiped by the name of the instance";
const tree = "a tree goes in with relative ids and comes out with absolute ones";
const keptApps = "PUT of a group: missing apps are kept, an empty list stops them";
const wholeTree = "the whole tree is deleted as test suites begin";
const aloneOnes = "scaleBy and version stand alone";
const enforced = "enforceRole: by PATCH, of groups right below the root";
const embeds = "embed chooses what is shown";
const createdPod = "a pod is created with 201, its place, and the deployment's id; twice is a conflict";
const changedPod = "PUT changes a pod and creates one; versions go on; DELETE is accepted with an empty body";
const podStatus = "a status tells of instances, their containers and their endpoints";
const podInstances = "instances are killed by their ids, which must be ids";
const underWay = "a deployment is listed while it is under way, with what it waits for when asked";
const takenBack = "a deployment is taken back by another one, or by force just stopped";
const queued = "the queue says how many wait for what, and why";
const figures = "figures stand under Marathon's names, as JSON and for Prometheus";
const saysSo = "what Marathon has and we have not says so";
const locked = "a second app of the same id is a conflict, and a locked app names its deployment";
const filteredEvents = "event_type filters, and a reader that left gets nothing more";
const pluginList = "plugins are listed, and answer below their path without seeing the token";
const dryRuns = "the deployment of a tree has Marathon's steps, also when it is only a plan";

export const marathonEndpoints: MarathonClaims = {
  "GET /v2/apps": { tests: [filtered] },
  "POST /v2/apps": { tests: [createdApp] },
  "PUT /v2/apps": { tests: [several] },
  "PATCH /v2/apps": { tests: [several] },
  "GET /v2/apps/{appId}": { tests: [shown, "the apps of a group are listed under a star"] },
  "PUT /v2/apps/{appId}": { tests: [merges] },
  "PATCH /v2/apps/{appId}": { tests: [merges] },
  "DELETE /v2/apps/{appId}": { tests: [restarted] },
  "POST /v2/apps/{appId}/restart": { tests: [restarted] },
  "GET /v2/apps/{appId}/tasks": { tests: [shownTask, "the tasks of a group's apps are listed under a star"] },
  "GET /v2/apps/{appId}/tasks/{taskId}": { tests: [shownTask] },
  "DELETE /v2/apps/{appId}/tasks": { tests: [allTasks] },
  "DELETE /v2/apps/{appId}/tasks/{taskId}": { tests: [killedTask] },
  "GET /v2/apps/{appId}/versions": { tests: [versions] },
  "GET /v2/apps/{appId}/versions/{version}": { tests: [versions] },
  "GET /v2/groups": { tests: [tree] },
  "POST /v2/groups": {
    note: "of the root, which is always there: taken as a change of it, not 409",
    state: "differs",
    tests: [tree, "what Marathon refuses for want of a way to do it is done here"],
  },
  "PUT /v2/groups": { tests: [keptApps] },
  "DELETE /v2/groups": { tests: [wholeTree] },
  "GET /v2/groups/{groupId}": { tests: [tree] },
  "POST /v2/groups/{groupId}": { tests: ["POST to a group creates one below it, or itself"] },
  "PUT /v2/groups/{groupId}": { tests: [keptApps, aloneOnes] },
  "PATCH /v2/groups/{groupId}": { tests: [enforced] },
  "DELETE /v2/groups/{groupId}": {
    tests: ["pods are kept by what changes the apps of their group, and go with"],
  },
  "GET /v2/groups/{groupId}/apps": { tests: [embeds] },
  "GET /v2/groups/{groupId}/versions": { tests: [aloneOnes] },
  "GET /v2/groups/{groupId}/versions/{version}": { tests: [aloneOnes] },
  "HEAD /v2/pods": { tests: ["HEAD tells that there can be pods"] },
  "GET /v2/pods": { tests: [createdPod] },
  "POST /v2/pods": { tests: [createdPod] },
  "GET /v2/pods/::status": { tests: [podStatus] },
  "GET /v2/pods/{podId}": { tests: [createdPod] },
  "PUT /v2/pods/{podId}": { tests: [changedPod] },
  "DELETE /v2/pods/{podId}": { tests: [changedPod] },
  "GET /v2/pods/{podId}::status": { tests: [podStatus] },
  "GET /v2/pods/{podId}::versions": { tests: [changedPod] },
  "GET /v2/pods/{podId}::versions/{version}": { tests: [changedPod] },
  "DELETE /v2/pods/{podId}::instances": { tests: [podInstances] },
  "DELETE /v2/pods/{podId}::instances/{instanceId}": { tests: [podInstances] },
  "GET /v2/deployments": { tests: [underWay] },
  "GET /v2/deployments/{deploymentId}": { tests: [underWay] },
  "DELETE /v2/deployments/{deploymentId}": { tests: [takenBack] },
  "GET /v2/tasks": { tests: [shownTask] },
  "POST /v2/tasks/delete": { tests: [killedById] },
  "GET /v2/queue": { tests: [queued] },
  "DELETE /v2/queue/{appId}/delay": { tests: ["a delay after failures is shown and can be forgotten"] },
  "GET /v2/events": { tests: ["a reader is told that it is attached, and then what happens"] },
  "GET /v2/info": { tests: ["info has the members that strict clients know, and no other"] },
  "GET /v2/leader": { tests: ["info has the members that strict clients know, and no other"] },
  "DELETE /v2/leader": { note: "409 where no other master stands by", state: "differs", tests: [saysSo] },
  "GET /v2/plugins": { tests: [pluginList] },
  "GET /v2/plugins/{pluginId}/{path}": {
    state: "differs",
    note: "also HEAD, PUT, POST, DELETE; plugins are modules of JavaScript, not Java archives (plugins.md)",
    tests: [pluginList],
  },
  "GET /ping": { tests: ["ping answers pong, as text or as JSON"] },
  "GET /metrics": { state: "differs", note: "those figures that mean something here", tests: [figures] },
  "GET /metrics/prometheus": {
    state: "differs",
    note: "the same",
    tests: [figures, "Prometheus reads our own figures under Marathon's names"],
  },
  "GET /config": { state: "differs", note: "what our service was started with", tests: [saysSo] },
  "GET /logging": { state: "differs", note: "one logger, ROOT, at INFO", tests: [saysSo] },
  "POST /logging": { state: "differs", note: "INFO is taken, another level is 422", tests: [saysSo] },
  "GET /": {
    state: "differs",
    note: "shows the console; Marathon leads on to /ui/",
    tests: [
      "what is built is served: hashed names for ever, the page never kept, compressed where wanted",
      "a page's own address is the page; an API's is not, and no path leaves the directory",
    ],
  },
  "GET /v2/openapi.json": {
    state: "ours",
    tests: ["what is described is served, and what is served is described"],
  },
};

/** By the parameter, and where one means another thing elsewhere, by the endpoint too. */
export const marathonQueries: MarathonClaims = {
  cmd: { tests: [filtered] },
  id: { tests: [filtered] },
  label: { tests: [filtered] },
  "embed of apps": {
    state: "differs",
    note: "apps.tasks, readiness, lastTaskFailure, failures, taskStats as there; counts and deployments always come",
    tests: ["tasks come with apps when they are asked for", "readiness results stand in the deployment and"],
  },
  "embed of groups": { tests: [embeds] },
  "embed of the queue": { note: "lastUnusedOffers", tests: [queued] },
  "embed of deployments": {
    state: "ours",
    note: "waitingFor, waits: what each waits for",
    tests: [underWay],
  },
  force: {
    note: "of DELETE of an app true unless said otherwise, as in Marathon's code",
    tests: [locked, takenBack],
  },
  partialUpdate: { tests: [merges] },
  dryRun: {
    note: "of PUT of groups; here of every change that makes a deployment, and 400 where there is no plan",
    tests: [dryRuns, "dryRun tells what would come of it, and changes nothing"],
  },
  host: { tests: [allTasks] },
  scale: { tests: ["killing with scale lowers the app, and answers with a deployment"] },
  wipe: { tests: [wiped, "wiping an instance, or deleting the pod, gives back its place"] },
  status: { note: "and status[]", tests: [shownTask] },
  containerNetworks: { note: "of lists as plain text", tests: ["trap 15: a port that is mapped nowhere"] },
  event_type: { tests: [filteredEvents] },
  "plan-format": {
    state: "differs",
    note: "plans of events are always light, without the groups before and after",
    tests: [filteredEvents],
  },
  "backup, restore": {
    state: "no",
    note: "of DELETE /v2/leader: passed over; a store is copied as a file is, or by etcd's tools",
  },
  supersede: {
    state: "ours",
    tests: ["409 names the deployment in the way; supersede=true takes the app over"],
  },
  keepInstances: {
    state: "ours",
    tests: ["labels can change beside instances that stay, when that is asked for"],
  },
  deadlineSeconds: {
    state: "ours",
    tests: ["a deployment whose time is up is taken back, also after a restart"],
  },
};

const attached = "a reader is told that it is attached, and then what happens";
const bus = "marathon-event-bus-client hands on what happens";
const podsTold = "a pod is created, shown, told of, updated, and removed";
const checksTold = "health checks that come and go with an app are told, and those that stay are not";
const failedCheck = "a health check that fails is told, with the check, until its instance is killed";
const rarer = "events that are rarely heard have Marathon's names";

/** All names that Marathon has; a test that shows one must hold its name. */
export const marathonEvents: MarathonClaims = {
  api_post_event: { tests: [attached] },
  pod_created_event: { tests: [podsTold] },
  pod_updated_event: { tests: [podsTold] },
  pod_deleted_event: { tests: [podsTold] },
  status_update_event: { tests: [attached] },
  instance_changed_event: { tests: [attached] },
  instance_health_changed_event: { tests: [bus] },
  unknown_instance_terminated_event: { tests: [rarer] },
  app_terminated_event: { tests: [bus] },
  framework_message_event: { state: "no", note: "tasks of apps have no executor that sends any" },
  add_health_check_event: { tests: [checksTold] },
  remove_health_check_event: { tests: [checksTold] },
  failed_health_check_event: { tests: [failedCheck] },
  health_status_changed_event: { tests: [bus] },
  unhealthy_instance_kill_event: { tests: [failedCheck] },
  group_change_success: { tests: [attached] },
  group_change_failed: { tests: ["a change that is refused is told to those who listen, with the reason"] },
  deployment_success: { tests: [attached] },
  deployment_failed: { tests: [rarer] },
  deployment_info: { tests: [attached] },
  deployment_step_success: { tests: [attached] },
  deployment_step_failure: { state: "no", note: "a step does not fail: it waits, and says for what" },
  scheduler_registered_event: { tests: [rarer] },
  scheduler_reregistered_event: { tests: [rarer] },
  scheduler_disconnected_event: { tests: [rarer] },
  event_stream_attached: { tests: [attached] },
  event_stream_detached: { tests: [rarer] },
  subscribe_event: { state: "no", note: "of callbacks over HTTP, which Marathon itself has no more" },
  unsubscribe_event: { state: "no", note: "the same" },
  deployment_waits: {
    state: "ours",
    note: "what a deployment has come to wait for, and since when; only with `event_type=deployment_waits`",
    tests: ["deployment_waits tells what a deployment waits for"],
  },
};

/** Where whoever is compatible goes wrong most easily. Of each there are tests that are named after its number. */
export const marathonTraps: MarathonClaims = {
  "1. PUT merges unless `partialUpdate=false`; it creates, PATCH does not": {
    tests: ["PUT merges by default; only a replacement", "PUT creates, PATCH does not"],
  },
  "2. `PUT {version}` is a rollback; with an app its versions are deleted": {
    tests: ["a version given is a rollback; deleting an app deletes its versions"],
  },
  "3. Answers show canonical fields, whatever came in": {
    tests: [
      "the older fields are translated, and never shown",
      "ports in the old form and in the new one are",
    ],
  },
  "4. Without ports an app has one, named `default`; an empty list is none": {
    tests: [
      "no ports given is one port named default; an empty list is none",
      "trap 4: requirePorts is false",
    ],
  },
  "5. Service ports are assigned, unique, and no change of the app": {
    tests: ["service ports are unique, and their assignment does not look like a change"],
  },
  "6. The same definition again restarts nothing; any change but that of `instances` restarts all": {
    note: "with `keepInstances=true` labels and the like change beside instances that stay",
    tests: [
      "an identical definition answers with a deployment",
      "a change of instances replaces none; any other",
    ],
  },
  "7. PUT of a group keeps what is missing and stops what is in an empty list; relative ids; pods stay": {
    tests: [keptApps, tree, "pods are kept by what changes the apps of their group, and go with"],
  },
  "8. A path is only one of app, pod and group": {
    tests: [
      "trap 8: a path is only one of app and group",
      "deleting a pod ends its instances; an id is that of an app",
    ],
  },
  "9. Ids of tasks, and a number in them that rises with each launch in the same place": {
    tests: [
      "task ids have the form of Marathon 1.11",
      "trap 9: ids of tasks in every form",
      "a task that ends is launched again on its own volume",
    ],
  },
  "10. Without health checks healthy counts are 0, and there are no results": {
    tests: ["without health checks the healthy counts are 0 and there are no results"],
  },
  "11. GROUP_BY with a number, and without one": {
    tests: ["trap 11: GROUP_BY with a number", "trap 11: GROUP_BY without a number does not divide by zero"],
  },
  "12. A deployment that was answered may not be listed for a moment": {
    state: "differs",
    note: "it is listed when the answer comes",
    tests: ["trap 12: a deployment is listed when its answer comes"],
  },
  "13. `scale` with `wipe` is 400; `scale` answers with a deployment, otherwise with the killed tasks": {
    tests: [
      "scale and wipe exclude each other, and ids must be texts",
      "a killed task with scale answers with a",
    ],
  },
  "14. Labels longer than 512 characters are no variables; variables of pods": {
    tests: ["variables of the owner win; labels become variables", "each container finds its own variables"],
  },
  "15. Lists of tasks as `text/plain`": {
    note: "as before Marathon 1.11, which has them no more; JSON to whoever would take it as well",
    tests: ["trap 15: who asks for plain text", "trap 15: a port that is mapped nowhere"],
  },
  "16. What is no JSON is 400, a value of the wrong type 422": {
    tests: ["trap 16: what is no JSON is 400", "a fault names its field, in maps and lists too"],
  },
  "17. What is killed or fails comes again under its instance's id, with the next number; `wipe` makes another":
    {
      note: "where the master changes meanwhile it has a new id",
      tests: ["trap 17: an instance that its user ends", "a killed task comes again with the next number"],
    },
};
