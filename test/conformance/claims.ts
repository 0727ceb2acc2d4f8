/**
 * What is claimed of each call, event, operation, capability and endpoint, where recordings do not say it all:
 * that it is there in part or not at all, and which tests show what no recording does.
 *
 * A claim without any proof fails the run.
 */

export type Claim = {
  /** Absent: supported. */
  readonly state?: "partly" | "no";
  /** What is missing, or what is special. */
  readonly note?: string;
  /** Names of tests, or what no other test's name holds. */
  readonly tests?: readonly string[];
};

const waitsAndKills = "waiting, killing and removing say what became of it";
const inRecords = "a session's output comes as records of";
const typed = "what is typed goes in one after the other, and waits while the command does not read";
const ownTerminal =
  "a task's own terminal: typed into, detached from, and there again, also after its agent's death";
const nestedOnly = "of nested containers; 501 for a task's own";
const nestedAsked = "a nested container is asked for as it was said: its user, bounds and volumes";
const nestedOther =
  "another user, bounds and volumes are the nested one's own, and its rights no more for it";
const nestedGroups = "memory of its own: what takes more is killed, and its container is not";
const nested: Claim = {
  state: "partly",
  note: "a command in its parent's container, with the parent's files, networks and control groups; of its own it may have a user (as policy for tasks allows), 'rlimit_info', volumes 'SANDBOX_PATH', and on cgroup v1 control groups ('share_cgroups' false); ends with the agent; also by the token of the executor whose container it is",
  tests: [waitsAndKills, nestedAsked, nestedOther, nestedGroups],
};
const providers: Claim = { state: "no", note: "501: agents have no resource providers" };
const level: Claim = {
  state: "partly",
  note: "taken without effect: what is logged does not depend on a level",
};

const ownNetwork = "named networks are joined, each with its mappings and labels";
const groupNetwork = "a group of a framework's shares one network";
const weightsAndQuotas = "operator API: weights and quotas are taken, shown, and refused in Mesos's words";
const growAndShrink = "volumes grow and shrink, by their framework's operations and by operators' calls";
const inverseOffers = "inverse offers are taken back with the schedule, and an answer to one is shown";
const byName = "an agent says by name what it does not do, and of what is not there that it is not";
const stream = "operators' stream: it begins with the state and tells every change";

export const masterCalls: Readonly<Record<string, Claim>> = {
  SET_LOGGING_LEVEL: level,
  GROW_VOLUME: { tests: [growAndShrink] },
  SHRINK_VOLUME: { tests: [growAndShrink] },
  STOP_MAINTENANCE: { tests: ["operator API: machines go down only as they are scheduled"] },
  REMOVE_QUOTA: { tests: [weightsAndQuotas] },
};

export const masterEvents: Readonly<Record<string, Claim>> = {
  AGENT_REMOVED: { note: "also when an agent is out of reach", tests: [stream] },
};

export const agentCalls: Readonly<Record<string, Claim>> = {
  SET_LOGGING_LEVEL: { ...level, tests: ["an agent takes a level of logging"] },
  LAUNCH_NESTED_CONTAINER: nested,
  WAIT_NESTED_CONTAINER: { note: nestedOnly, tests: [waitsAndKills] },
  KILL_NESTED_CONTAINER: { note: nestedOnly, tests: [waitsAndKills] },
  REMOVE_NESTED_CONTAINER: { note: nestedOnly, tests: [waitsAndKills] },
  LAUNCH_NESTED_CONTAINER_SESSION: {
    state: "partly",
    note: "a command in its parent's container, with the parent's files, networks and control groups; of its own it may have a user (as policy for tasks allows) and 'rlimit_info'; ends with the agent; also by the token of the executor whose container it is",
    tests: [inRecords],
  },
  ATTACH_CONTAINER_INPUT: {
    note: "of nested containers, and of tasks with a terminal ('tty_info'); 501 for other tasks, which read nothing",
    tests: [typed, ownTerminal],
  },
  ATTACH_CONTAINER_OUTPUT: {
    note: "of a task's own container: what it writes to its files from then on",
    tests: [inRecords, "a task without a terminal is followed to its end, and no byte is missing"],
  },
  LAUNCH_CONTAINER: {
    state: "partly",
    note: "of nested containers; 'resources' and 'limits' (cpus, mem) with 'share_cgroups' false, on cgroup v1; 501 for one without a parent",
    tests: [nestedAsked, nestedGroups],
  },
  WAIT_CONTAINER: { state: "partly", note: nestedOnly, tests: [waitsAndKills] },
  KILL_CONTAINER: { state: "partly", note: nestedOnly, tests: [waitsAndKills] },
  REMOVE_CONTAINER: { state: "partly", note: nestedOnly, tests: [waitsAndKills] },
  ADD_RESOURCE_PROVIDER_CONFIG: { ...providers, tests: [byName] },
  UPDATE_RESOURCE_PROVIDER_CONFIG: { ...providers, tests: [byName] },
  REMOVE_RESOURCE_PROVIDER_CONFIG: { ...providers, tests: [byName] },
  MARK_RESOURCE_PROVIDER_GONE: { ...providers, tests: [byName] },
  PRUNE_IMAGES: { tests: ["images are pruned but for those that are excluded"] },
};

const manyTasks = "one executor runs many tasks in one process, and talks with its framework";
const customGroup = "a custom executor is given a group of tasks at once";
const sharedLife = "the tasks of a group of the default executor share a life, and it ends with the last";

export const schedulerCalls: Readonly<Record<string, Claim>> = {
  ACCEPT_INVERSE_OFFERS: { tests: [inverseOffers] },
  REQUEST: { note: "taken; resources go by fair shares alone, as with Mesos's own allocator" },
  SHUTDOWN: { tests: [manyTasks] },
  MESSAGE: { tests: [manyTasks] },
};

export const schedulerEvents: Readonly<Record<string, Claim>> = {
  OFFERS: { tests: ["offers tell which executors of their framework the agent has"] },
  INVERSE_OFFERS: { tests: [inverseOffers] },
  RESCIND_INVERSE_OFFER: { tests: [inverseOffers] },
  MESSAGE: { tests: [manyTasks] },
};

export const operations: Readonly<Record<string, Claim>> = {
  LAUNCH: {
    tests: [ownNetwork],
    note: "files (`command.uris`) of http, https and file; nothing by hdfs, ftp or s3",
  },
  LAUNCH_GROUP: { tests: [customGroup, sharedLife, groupNetwork] },
  GROW_VOLUME: { tests: [growAndShrink] },
  SHRINK_VOLUME: { tests: [growAndShrink] },
  CREATE_DISK: {
    state: "no",
    note: "OPERATION_ERROR: there are no resource providers",
    tests: ["create and destroy disk have no provider, and say so"],
  },
  DESTROY_DISK: {
    state: "no",
    note: "OPERATION_ERROR: there are no resource providers",
    tests: ["create and destroy disk have no provider, and say so"],
  },
};

export const capabilities: Readonly<Record<string, Claim>> = {
  REVOCABLE_RESOURCES: {
    state: "partly",
    note: "offered as they should be; agents have no estimator that finds any",
    tests: ["revocable resources are for frameworks that take them, beside firm ones"],
  },
  TASK_KILLING_STATE: {
    tests: [
      "TASK_KILLING is told to frameworks that know it, also of each task of a group, and to no others",
    ],
  },
  GPU_RESOURCES: {
    tests: [
      "agents with gpus are for frameworks that can use them",
      "GPUs are offered by one agent of the machine, and given to whoever asks for them",
    ],
  },
  SHARED_RESOURCES: { tests: ["a shared volume is offered though others use it, to those that can share"] },
  PARTITION_AWARE: {
    tests: ["row 15: an agent out of reach is told in the words of each framework, and keeps its tasks"],
  },
  MULTI_ROLE: {
    tests: ["row 7: offers are of one agent and one role, in the format that their framework reads"],
  },
  RESERVATION_REFINEMENT: { tests: ["when refined is for frameworks that know refinement"] },
  REGION_AWARE: { tests: ["agents of other regions are for frameworks that know regions"] },
};

const rules = "the first mistake is told in Mesos's order";

export const executorCalls: Readonly<Record<string, Claim>> = {
  SUBSCRIBE: {
    tests: [manyTasks, "an executor comes back to an agent that was killed, and says once what it missed"],
  },
  UPDATE: { tests: [manyTasks] },
  MESSAGE: { tests: [manyTasks] },
  HEARTBEAT: { tests: [rules] },
};

export const executorEvents: Readonly<Record<string, Claim>> = {
  SUBSCRIBED: { tests: [manyTasks] },
  LAUNCH: { tests: [manyTasks] },
  LAUNCH_GROUP: { tests: [customGroup] },
  KILL: { tests: [manyTasks] },
  ACKNOWLEDGED: { tests: [manyTasks] },
  MESSAGE: { tests: [manyTasks] },
  ERROR: {
    note: "nothing that executors do here leads to one: mistakes are answered, and subscriptions of nobody told to end",
    tests: ["a subscription of nobody we know is told to end and closed"],
  },
  SHUTDOWN: { tests: [manyTasks] },
  HEARTBEAT: { tests: ["every half hour an executor hears a heartbeat, as long as it listens"] },
};

const volumesOfOld = "orders of old: reservations and volumes, made and unmade";
const quotaOfOld = "orders of old: a quota is set, shown and removed";
const machinesOfOld = "orders of old: machines are scheduled, taken down and brought up";
const ordersOfOld = "orders of old: forms and lists lead to what the operator API does";
const toggle: Claim = { state: "partly", note: "tells level 0, and takes none" };

/** By method and path. */
export const masterEndpoints: Readonly<Record<string, Claim>> = {
  "GET /logging/toggle": toggle,
  "GET /files/download": { tests: ["the master's log is downloaded whole"] },
  "GET /metrics": { note: "ours", tests: ["figures stand under Mesos's names, and in Prometheus's format"] },
  "GET /state.json": { tests: ["state, summary and agents are served under all their paths"] },
  "POST /teardown": { tests: [ordersOfOld] },
  "POST /reserve": { tests: [volumesOfOld] },
  "POST /unreserve": { tests: [volumesOfOld] },
  "POST /create-volumes": { tests: [volumesOfOld] },
  "POST /destroy-volumes": { tests: [volumesOfOld] },
  "POST /machine/down": { tests: [machinesOfOld] },
  "POST /machine/up": { tests: [machinesOfOld] },
  "POST /maintenance/schedule": { tests: [machinesOfOld] },
  "PUT /weights": { tests: [ordersOfOld] },
  "POST /quota": { tests: [quotaOfOld] },
  "DELETE /quota/:role": { tests: [quotaOfOld] },
};

export const agentEndpoints: Readonly<Record<string, Claim>> = {
  "GET /logging/toggle": { ...toggle, tests: ["an agent takes a level of logging"] },
  "GET /metrics": { note: "ours", tests: ["an agent's older endpoints have names of all times"] },
  "GET /monitor/statistics.json": { tests: ["an agent's older endpoints have names of all times"] },
  "GET /state.json": { tests: ["an agent's older endpoints have names of all times"] },
  "GET /slave(1)/state.json": { tests: ["an agent's older endpoints have names of all times"] },
};

/** What is only in Mesos's documents: endpoints that are not there. */
export const missingEndpoints: Readonly<Record<"master" | "agent", Readonly<Record<string, string>>>> = {
  master: {},
  agent: { "GET /containerizer/debug": "what containers wait for is not told" },
};

/** The rows of what implementations most easily get wrong, in a few words each. */
export const rows: Readonly<Record<number, string>> = {
  1: "subscribing, stream ids, the order of checks",
  2: "calls taken with 202, and what is answered at once",
  3: "chunked records, and where the leader is",
  4: "heartbeats",
  5: "Mesos's JSON",
  6: "forms of ids",
  7: "an offer's agent, role and format",
  8: "accepting offers",
  9: "declining, suppressing, reviving",
  10: "when offers are taken back",
  11: "frameworks that come back",
  12: "how long frameworks are waited for",
  13: "status updates and their acknowledgement",
  14: "terminal states",
  15: "agents out of reach",
  16: "reconciliation",
  17: "launches that are lost",
  18: "operations, their feedback and reconciliation",
  19: "arithmetic of resources",
  20: "reservations in both formats",
  21: "roles and quotas",
  22: "the pause after a master's restart",
  23: "recovery of agents",
  24: "errors of Mesos's documents",
};
