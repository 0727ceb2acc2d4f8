/**
 * What is claimed of the fields of Marathon's definitions: of apps, pods and groups, and what answers add to apps.
 *
 * A claim stands for its field and all that is below it, but for what has a claim of its own. Each field that our
 * schemas take must be claimed, so that none is forgotten.
 */

import type { MarathonClaims } from "./marathon-claims.ts";

const deployed = "an app is deployed over the agents, scaled up and down, and removed";
const sees = "a task sees its environment, its user, its sandbox and nothing of its neighbours";
const variables = "variables of the owner win; labels become variables unless they are too long";
const fits = "what does not fit says why, by agent";
const limitsOf = "trap: resource limits bound the task; what it asks for decides where there is room";
const registryImage = "images of registries, in containers of either type";
const dockerWords = "an app that knows only Docker's words, and takes the number of its host's port";
const parameters = "Docker's parameters, whose parts go where they belong";
const linuxSettings = "secrets by their names, and Linux settings";
const commonPort = "instances of an app have a port in common, and each a port of its host";
const networksOut = "networks and port mappings come out as they went in, with Marathon's defaults";
const older = "the older fields are translated, and never shown";
const unpacked = "Marathon: an archive is unpacked, a program can be run, a file of the host is there";
const hasSecret = "an app has its secret, and nothing else does";
const volumeAgain = "an app finds its volume again: after a restart, and after everything was killed";
const wholeDisk = "a whole disk is taken if it is large enough and not too large";
const ready = "a deployment waits until the instance answers that it is ready; the agent's check only tells";
const emptyValues = "empty values of what is not supported pass, and what has no effect passes too";
const constrained = "trap: every operator but UNLIKE refuses a node that lacks the attribute";
const uniques = "UNIQUE and MAX_PER count by value; a host is a field with and without its sign";
const roundTrip = "an app that is shown and sent back is the same app, with no warning";
const vips =
  "kept, shown, and given to frameworks and DNS servers that read them; there are no virtual IPs yet";

export const appFields: MarathonClaims = {
  id: { tests: ["ids are absolute, relative, or with dots, as paths are"] },
  cmd: { tests: [deployed] },
  args: { tests: ["of type DOCKER, without a command: as the image says; then with arguments"] },
  instances: { tests: [deployed] },
  cpus: { tests: [fits] },
  mem: { tests: ["a memory hog is killed alone, with the reason and the figures, and replaced"] },
  disk: { tests: ["a sandbox that grows beyond its disk ends its task, with the figures"] },
  gpus: { tests: ["GPUs are offered by one agent of the machine, and given to whoever asks for them"] },
  resourceLimits: { tests: [limitsOf] },
  user: { tests: [sees] },
  env: { tests: [sees, hasSecret] },
  secrets: {
    note: "from a directory of the agent's operator, by their path (containers.md)",
    tests: [hasSecret, "another app may not read it, and one that is not there fails the task by its name"],
  },
  tty: {
    tests: [
      "an app with tty asks the agent for a terminal, and is shown so",
      "a task's own terminal: typed into, detached from, and there again",
    ],
  },
  labels: { tests: [variables] },
  constraints: { tests: [constrained, uniques, "an app stays in the master's region unless it names one"] },
  acceptedResourceRoles: {
    tests: ["what is reserved for the app's role is used first; acceptedResourceRoles"],
  },
  role: { tests: ["an app's role is the default one, the public one, or that of its top-level group"] },
  dependencies: { tests: ["layers: each waits for those that it depends on, apps and groups alike"] },
  executor: {
    state: "differs",
    note: "`//cmd` and nothing are taken, which are the same; another is refused by name",
    tests: [emptyValues],
  },
  executorResources: {
    state: "differs",
    note: "kept and shown; there is no executor beside a task that would take them",
    tests: ["executorResources are kept with Marathon's defaults and bounds"],
  },
  fetch: {
    note: "of http, https and file; also docker:// and oci:// (containers.md); hdfs, ftp and s3 fail",
    tests: [unpacked],
  },
  uris: { tests: ["files to fetch: as objects, or as addresses alone, of which archives are unpacked"] },
  storeUrls: {
    note: "no effect, as in Marathon since 1.5; a warning says so",
    tests: ["what Marathon takes and passes over is passed over"],
  },
  "container.type": {
    note: "either runs in the same kind of container; there is no Docker daemon",
    tests: [registryImage],
  },
  "container.docker.image": {
    note: "also `file:///` of a tarball or directory on the agents",
    tests: ["of type DOCKER, without a command: as the image says; then with arguments", registryImage],
  },
  "container.docker.forcePullImage": { tests: [registryImage] },
  "container.docker.privileged": {
    note: "where the agent's `--allow-privileged` is given",
    tests: ["without its pull secret the registry refuses; what the agent does not allow fails by its name"],
  },
  "container.docker.parameters": {
    state: "differs",
    note: "those that mean something without a Docker daemon; others are refused by name (containers.md)",
    tests: [parameters, "entry point, variables, limits, memory as files, a read-only root"],
  },
  "container.docker.pullConfig": {
    note: "also in containers of type DOCKER, where Marathon refuses it",
    tests: [
      "what Marathon refuses for want",
      "without its pull secret the registry refuses; what the agent does not allow fails by its name",
    ],
  },
  "container.docker.credential": {
    note: "no effect, as in Marathon since 1.5; a warning says so",
    tests: ["what Marathon takes and passes over is passed over"],
  },
  "container.docker.network": { tests: [dockerWords, older] },
  "container.docker.portMappings": { tests: [dockerWords, older] },
  "container.volumes[].containerPath": { tests: ["an app writes to a path of the host"] },
  "container.volumes[].hostPath": {
    note: "below what the agent's `--host-volume` allows",
    tests: ["an app writes to a path of the host"],
  },
  "container.volumes[].mode": { tests: ["paths of the host and of the sandbox"] },
  "container.volumes[].persistent": { tests: [volumeAgain, wholeDisk] },
  "container.volumes[].external": { state: "no", note: "refused by name" },
  "container.volumes[].secret": { tests: [hasSecret] },
  "container.portMappings": { tests: [commonPort, networksOut] },
  "container.portMappings[].labels": { note: vips, tests: [networksOut] },
  "container.linuxInfo.seccomp.unconfined": {
    note: "where the agent's `--allow-privileged` is given",
    tests: [linuxSettings, "privileged, system calls, devices and the host's ipc are the operator's"],
  },
  "container.linuxInfo.seccomp.profileName": {
    state: "no",
    note: "refused by name; tasks of frameworks may name one",
  },
  "container.linuxInfo.ipcInfo": {
    tests: [linuxSettings, "ulimit, shm-size, pids-limit, oom-score-adj, init"],
  },
  networks: {
    note: "a network of an operator's by its CNI configuration (networks.md)",
    tests: [commonPort, networksOut],
  },
  ipAddress: { tests: [older] },
  "ipAddress.groups": { state: "no", note: "passed over" },
  portDefinitions: { tests: ["a port is the service's, and the host's too when it is required"] },
  "portDefinitions[].labels": { note: vips, tests: [roundTrip] },
  ports: { tests: ["ports in the old form and in the new one are the same"] },
  requirePorts: { tests: ["requirePorts makes the ports of the definition fixed; without it they are any"] },
  healthChecks: {
    tests: [
      "health decides: an instance that fails its HTTP check is killed and replaced",
      "an app's MESOS_HTTP check is made by the agent, decides its deployment and replaces its instance",
      "a command check goes with the task, and its results come with the statuses",
    ],
  },
  "healthChecks[].maxConsecutiveFailures": {
    tests: ["maxConsecutiveFailures 0 never kills", "an app that never passes its check is told to fail it"],
  },
  "healthChecks[].gracePeriodSeconds": {
    tests: ["failures do not count within the grace period, until the first"],
  },
  "healthChecks[].ignoreHttp1xx": { tests: ["ignoreHttp1xx is kept where it means something"] },
  "healthChecks[].ipProtocol": {
    note: "IPv6 also without type DOCKER, where Marathon refuses it",
    tests: [
      "what Marathon refuses for want",
      "checks by Mesos's agents stay so, at most one, and they alone may be of IPv6",
    ],
  },
  check: { tests: [ready, "a check by the agent is one of three kinds"] },
  readinessChecks: { tests: [ready, "a readiness check has Marathon's defaults"] },
  upgradeStrategy: { tests: ["a changed app is replaced a few at a time, never below its minimum"] },
  backoffSeconds: {
    tests: ["back-off grows on failed and finished tasks, not on killed ones, up to its bound"],
  },
  backoffFactor: {
    tests: ["back-off grows on failed and finished tasks, not on killed ones, up to its bound"],
  },
  maxLaunchDelaySeconds: {
    tests: ["back-off grows on failed and finished tasks, not on killed ones, up to its bound"],
  },
  taskKillGracePeriodSeconds: {
    tests: ["a kill is repeated until the task is gone, and its place filled only then"],
  },
  killSelection: { tests: ["the kill selection decides between instances that run"] },
  unreachableStrategy: {
    tests: [
      "unreachable with times: replaced after the first, forgotten after the second",
      "unreachable, disabled: waited for without end",
    ],
  },
  residency: {
    state: "differs",
    note: "taken without effect, as in Marathon since 1.9; shown with apps that have persistent volumes",
    tests: [emptyValues],
  },
  version: { tests: ["a version given is a rollback; deleting an app deletes its versions"] },
};

const usual = "an app is shown under each way of writing its path, with counts and tasks";
const statistics = "tasks come with apps when they are asked for";

/** What only answers have; clients may send it back, and it is passed over. */
export const appAnswerMembers: MarathonClaims = {
  versionInfo: { tests: ["a created app is answered whole, with its place and its deployment"] },
  tasks: { tests: [usual] },
  tasksStaged: { tests: [usual] },
  tasksRunning: { tests: [usual] },
  tasksHealthy: { tests: ["without health checks the healthy counts are 0 and there are no results"] },
  tasksUnhealthy: { tests: ["without health checks the healthy counts are 0 and there are no results"] },
  deployments: { tests: [usual] },
  lastTaskFailure: { tests: ["how a task failed is remembered until the app is deleted"] },
  readinessCheckResults: {
    tests: ["readiness results stand in the deployment and, where asked for, in the app"],
  },
  taskStats: { tests: [statistics] },
};

const podDefaults = "what a pod leaves out has Marathon's defaults, and is shown";
const podWhole = "what came in in canonical form goes out the same, and is the same again";
const asGroup = "a pod is launched as one group, with an executor of its own";
const ownVariables = "each container finds its own variables, those of the pod, and the endpoints of all";
const podSecrets = "secrets are handed on by where they are kept; what a container says itself goes before";
const podPorts = "each endpoint has a port of its own, is reached there, and is found healthy";
const podBridge = "a pod on a bridge has a network of its own, and is reached at its host";
const podVolume = "two containers share a volume, and each has an output of its own";
const podPersistent =
  "a persistent volume is shared by a pod's containers, and is there for those that come after";
const podChecked = "a container whose check fails is replaced with all of its pod";
const podReady = "a pod is ready when every check of its containers passes";
const scaledPod = "scaling a pod launches or kills whole instances; an identical definition changes nothing";
const podBackOff = "a container that fails takes its instance along, and another comes after the back-off";
const handedOn = "what a pod says of its containers is handed to the agent with their tasks";
const podUpgrade = "a changed pod is replaced instance by instance, and its versions are kept";

export const podFields: MarathonClaims = {
  id: { tests: ["oddities of clients: nulls, a scheme in lower case, an id without its slash"] },
  labels: { tests: [podWhole] },
  version: { tests: ["rolling back a pod brings an earlier version's definition"] },
  user: { tests: [asGroup] },
  environment: { tests: [ownVariables, podSecrets] },
  secrets: { tests: ["secrets are named, kept where the pod may read them, and used by their names"] },
  "containers[].name": { tests: [asGroup] },
  "containers[].exec": { tests: [handedOn] },
  "containers[].resources": {
    tests: ["a pod waits for an agent that has room for all of it, and says what lacks"],
  },
  "containers[].resourceLimits": { tests: [handedOn] },
  "containers[].endpoints": { tests: [podPorts, ownVariables] },
  "containers[].endpoints[].labels": { note: vips, tests: [podWhole] },
  "containers[].endpoints[].networkNames": { tests: [podBridge] },
  "containers[].image": { note: "`kind` is DOCKER, also for `file:///`", tests: [handedOn] },
  "containers[].image.labels": { state: "no", note: "passed over" },
  "containers[].environment": { tests: [ownVariables, podSecrets] },
  "containers[].user": { tests: [handedOn] },
  "containers[].healthCheck": { tests: [podChecked, podReady] },
  "containers[].volumeMounts": { tests: [podVolume] },
  "containers[].artifacts": { tests: [handedOn] },
  "containers[].labels": { tests: [handedOn] },
  "containers[].lifecycle": { tests: [handedOn] },
  "containers[].check": {
    tests: [
      "the agent is handed a container's check and settings; what the check finds is kept and decides nothing",
      "a check is of an endpoint of its container, and one with a port; an empty one is none",
    ],
  },
  "containers[].check.http.scheme": {
    state: "differs",
    note: "HTTP alone",
    tests: ["a check is of an endpoint of its"],
  },
  "containers[].tty": { tests: [handedOn] },
  "containers[].linuxInfo.seccomp.unconfined": {
    note: "where the agent's `--allow-privileged` is given",
    tests: [handedOn],
  },
  "containers[].linuxInfo.seccomp.profileName": { state: "no", note: "refused by name" },
  "containers[].linuxInfo.ipcInfo": {
    state: "differs",
    note: "PRIVATE with its `shmSize`; SHARE_PARENT is refused by name: an executor of a group has no ipc namespace",
    tests: ["what is not done is refused by name", handedOn],
  },
  "volumes[].name": { tests: [podVolume] },
  "volumes[].host": { note: "below what the agent's `--host-volume` allows", tests: [handedOn] },
  "volumes[].persistent": {
    tests: [podPersistent, "one accept reserves, creates the volume and launches; executor"],
  },
  "volumes[].secret": { tests: [podSecrets] },
  networks: { tests: [podBridge] },
  scaling: { tests: [scaledPod] },
  "scheduling.backoff": { tests: [podBackOff] },
  "scheduling.upgrade": { tests: [podUpgrade] },
  "scheduling.placement": { tests: ["a pod is pinned to an agent by a constraint"] },
  "scheduling.killSelection": { tests: [podWhole, "the kill selection decides between instances that run"] },
  "scheduling.unreachableStrategy": {
    tests: ["an instance on an agent that is lost is replaced, and killed should"],
  },
  executorResources: { note: "booked; there is no process that would use them", tests: [asGroup] },
  role: { tests: [podDefaults] },
  linuxInfo: { state: "no", note: "refused by name" },
  legacySharedCgroups: {
    state: "differs",
    note: "false, which is always so; true is refused by name",
    tests: ["cgroups of its own are what each container has anyway"],
  },
};

export const podStatusMembers: MarathonClaims = {
  "status: DEGRADED, STABLE, TERMINAL": {
    tests: [
      "a status tells of instances, their containers",
      "a pod that finds no place waits in the queue, and is",
    ],
  },
  "instances[].status: STAGING, STABLE, DEGRADED, TERMINAL": {
    state: "differs",
    note: "never PENDING: what has no place yet is in the queue",
    tests: [
      "a status tells of instances, their containers",
      "an instance whose agent is out of reach is degraded, and its pod with it",
    ],
  },
  terminationHistory: { note: "the last of each pod", state: "differs", tests: [podChecked] },
};

export const groupFields: MarathonClaims = {
  id: { tests: ["a tree goes in with relative ids and comes out with absolute ones"] },
  apps: { tests: ["PUT of a group: missing apps are kept, an empty list stops them"] },
  groups: { tests: ["what is in a tree and the same as before is not touched"] },
  pods: {
    note: "shown; what a client sends is passed over",
    tests: ["pods are kept by what changes the apps of their group, and go with"],
  },
  dependencies: { tests: ["dependencies in a circle are refused, whoever closes it"] },
  scaleBy: { tests: ["scaleBy multiplies the instances of every app in the group, rounded up"] },
  version: { tests: ["a group goes back to an earlier version, with what was removed since"] },
  enforceRole: {
    note: "left out of answers while nobody has set it",
    tests: [
      "enforceRole: by PATCH, of groups right below the root",
      "a group that enforces its role gives it to all",
    ],
  },
};
