/**
 * Every bound of the system in one place (law 6: nothing unbounded).
 *
 * A constant says what it bounds and its unit. Bounds that depend on each other are asserted against each
 * other at the end, so that a change of one that breaks another does not start.
 */

import { agentLimits } from "./agent-limits.ts";
import { assert } from "./assert.ts";
import { consoleLimits } from "./console-limits.ts";

export const limits = {
  // What comes in from outside.
  requestBodyBytesMax: 1024 * 1024,
  requestHeaderBytesMax: 16 * 1024,
  requestTimeoutMs: 30_000,
  jsonDepthMax: 64,
  connectionsMax: 2_000,
  loginCodesMax: 100,
  answerBytesMax: 256 * 1024 * 1024,
  idLengthMax: 255,
  appIdLengthMax: 200,
  labelsMax: 256,
  envEntriesMax: 1_024,
  stringLengthMax: 64 * 1024,
  portsPerAppMax: 64,
  healthChecksPerAppMax: 8,
  containersPerPodMax: 32,
  instancesPerAppMax: 100_000,
  /** Names of instances that ended, kept for the next ones. */
  vacanciesPerAppMax: 100,
  appsMax: 20_000,
  /** Of one app or group. */
  dependenciesMax: 256,
  /** Of one definition as JSON, whatever requests it was merged from. */
  appDefinitionCharactersMax: 1_000_000,
  /** Each of its containers is a task with all of the pod's variables and labels. */
  podDefinitionCharactersMax: 600_000,
  appsPerRequestMax: 1_000,
  tasksPerRequestMax: 10_000,
  argumentsMax: 1_024,
  /** Of one kind, in what a task asks of the kernel's controllers. */
  deviceRatesMax: 64,
  cpusMax: 1_000_000,
  megabytesMax: 1_000_000_000,
  gpusMax: 10_000,
  durationSecondsMax: 10 * 365 * 86_400,

  // Faults that `unum chaos` asks for.
  chaosMessageBytesMax: 64 * 1024,
  chaosFaultsMax: 100,
  chaosFaultMaxMs: 24 * 3_600_000,

  // The loop and the store.
  loopQueueMax: 100_000,
  loopBatchInputsMax: 512,
  /** A batch takes no further decision after so long. */
  loopBatchMs: 25,
  /** Of its own files the store keeps so much free, so that it can write when the disk is full. */
  storeReserveBytes: 4 * 1024 * 1024,
  storeReserveLookMs: 30_000,
  storeBatchRowsMax: 100_000,
  /** A batch takes no further decision from here on. */
  loopBatchRowsMax: 10_000,
  storeRowBytesMax: 1_400_000,
  /** Of a row that frameworks or operators make, before what the master adds to it by and by. */
  masterRowBytesMax: 1_200_000,

  /** While another master takes over: so many requests wait for it, so long. */
  heldRequestsMax: 1_000,
  heldRequestMs: 12_000,
  /** Being made at once. */
  backupsMax: 2,
  backupRowsMax: 5_000_000,
  /** A row, with what JSON makes longer. */
  backupLineBytesMax: 16 * 1024 * 1024,

  // etcd takes 128 operations and 1.5 MiB in a request, if it is not told otherwise.
  etcdOperationsMax: 120,
  etcdTransactionBytesMax: 1_000_000,
  // A framework's writer may ask for clusters up to this size; larger ones take long and show little more.
  simulatedAgentsMax: 100,
  simulatedMastersMax: 9,
  // A framework that never comes to rest is found out, not waited for.
  simulatedEventsMax: 1_000_000,
  // Nor is one that does not come back from an event: its seed ends after so many real milliseconds.
  simulatedSeedMsMax: 300_000,

  // The agent link.
  linkFrameBytesMax: 32 * 1024 * 1024,
  linkQueueBytesMax: 64 * 1024 * 1024,
  linksMax: 20_000,
  /** Agents that register at the same time; the others wait for their turn. */
  registrationsUnderWayMax: 128,
  linkKeepaliveMs: 5_000,
  linkReconnectInitialMs: 100,
  linkReconnectMaxMs: 5_000,

  // Event streams.
  streamQueueBytesMax: 4 * 1024 * 1024,
  /** Frameworks keep one each for as long as they live. */
  streamsMax: 1_500,
  /** Sessions in containers that people look into, each of which holds at most two, and logs that are read. */
  flowsMax: 360,
  /** For one framework: an answer to a question about all of its tasks comes at once. */
  schedulerQueueBytesMax: 64 * 1024 * 1024,
  /** For one executor: what it is told of its tasks while it does not listen. */
  executorQueueBytesMax: 16 * 1024 * 1024,

  // The messages of the Mesos APIs, in either encoding; doors bound what they take further.
  mesosMessageBytesMax: 16 * 1024 * 1024,
  mesosMessageDepthMax: 64,
  recordBytesMax: 16 * 1024 * 1024,
  /** Of a task or an executor as its framework described it: kept beside what was understood of it. */
  handedBytesMax: 256 * 1024,

  // The master's memory.
  offersOutstandingMax: 200_000,
  operationsPerAcceptMax: 5_000,
  tasksPerAcceptMax: 1_000,
  /** Of the executor of a group of tasks. */
  executorCpusMin: 0.01,
  executorMegabytesMin: 32,
  /** Of an explanation: the gates that it tells apart, the agents that it names for each, and in how many views it looks. */
  explainedGatesMax: 20,
  explainedExamplesMax: 5,
  explainedViewsMax: 8,
  completedTasksMax: 1_000,
  /** Of all statuses of one; of more, only the last few are kept. */
  completedStatusesBytesMax: 150_000,
  completedFrameworksMax: 50,
  /** Of those on unreachable agents, which are known after a restart. */
  unreachableTasksMax: 50_000,
  statusesPerTaskMax: 16,
  refusalsKeptPerAppMax: 1_000,
  /** Of all apps that wait together; each keeps `refusalsKeptPerAppMin` at least. */
  refusalsKeptMax: 500_000,
  refusalsKeptPerAppMin: 20,
  /** Of an app at an offer: one takes about a microsecond or two, and the loop stands still meanwhile. */
  looksPerDecisionMax: 50_000,
  frameworksMax: 1_000,
  rolesPerFrameworkMax: 100,
  patternLengthMax: 1_024,
  /** Of one pattern, and of all in the constraints of one app. */
  patternStatesMax: 2_000,
  patternDepthMax: 64,
  /** Of one constraint: for how many values it is remembered whether they match. */
  patternAnswersKeptMax: 10_000,
  offerConstraintsMax: 100,
  constraintsPerAppMax: 64,
  quotasMax: 1_000,
  weightsMax: 10_000,
  machinesMax: 20_000,
  operationsMax: 10_000,
  operationsPerAgentMax: 1_000,
  checkpointedResourcesPerAgentMax: 1_000,
  inverseOffersPerDecisionMax: 1_000,
  recoveryPauseMs: 600_000,
  /** The share of agents that ends the pause. */
  recoveryShare: 0.8,
  frameworkHeartbeatMs: 15_000,
  offersPerCycleMax: 1_000,
  deadlinesPerTickMax: 1_000,
  agentsLostPerTickMax: 50,
  /** How often it is looked whether agents that were to be marked unreachable, and were not, may be marked now. */
  agentLossLookMs: 1_000,
  /** How many agents are marked within that time, where nobody says otherwise; enough for a rack in half a minute. */
  agentLossAgentsUsual: 20,
  agentLossWithinMsUsual: 10_000,
  /** Of more than this share, and so many, within that time none is marked. */
  agentLossShareUsual: 0.3,
  agentLossAgentsMinUsual: 5,
  agentLossWindowMsUsual: 600_000,
  refusedPerFilterMax: 8,
  refuseMsMax: 365 * 24 * 3_600_000,
  refuseMsDefault: 5_000,
  unreachableAgentKeptMs: 14 * 24 * 3_600_000,
  goneAgentsMax: 10_000,

  ...agentLimits,

  // The app service.
  deploymentsFinishedMax: 100,
  versionsPerAppMax: 100,
  versionsPerAppCharactersMax: 4_000_000,
  groupsMax: 20_000,
  groupsPerRequestMax: 1_000,
  appsPerGroupRequestMax: 10_000,
  versionsPerGroupMax: 100,
  /** How often a group's own settings may have changed since a version that it can go back to. */
  groupSettingsKeptMax: 20,
  /** Of apps and pods that are gone, for groups to go back to. */
  removedServicesKeptMax: 1_000,
  versionsKeptOfRemovedMax: 10,
  /** Of those that had settings. */
  removedGroupsKeptMax: 1_000,
  /** Told of one deployment. */
  deploymentWaitsMax: 200,
  /** How soon, and how often at most, an event tells that a deployment waits for something else. */
  deploymentWaitsEveryMs: 2_000,
  waitsPerEventMax: 20,
  /** Stored by one change of many apps; it is one batch. */
  rowsPerChangeMax: 90_000,
  /** Of what the apps of one change were before, all together. */
  charactersPerChangeMax: 48 * 1024 * 1024,
  eventHistoryMax: 1_000,
  eventHistoryCharactersMax: 16 * 1024 * 1024,
  ...consoleLimits,
  probesInFlightMax: 512,
  /** Of a plugin at a path of its own. */
  pluginAnswerMs: 10_000,
  pluginAnswerCharactersMax: 4_000_000,
  /** Kept of what an instance answers to a readiness check. */
  probeBodyBytesMax: 4_096,
  readinessChecksPerAppMax: 1,
  instanceChangesPerDecisionMax: 2_000,
} as const;

assert(limits.requestBodyBytesMax < limits.storeRowBytesMax, "a request must fit in one stored row");
assert(
  // A task's row has the app's fields, the variables that its labels become, and its statuses.
  limits.appDefinitionCharactersMax +
    limits.labelsMax * 2 * 512 +
    limits.statusesPerTaskMax * limits.updateMessageLengthMax <
    limits.storeRowBytesMax,
  "a task of the largest app must fit in one stored row, with its history",
);
assert(
  limits.podDefinitionCharactersMax + 2 * limits.labelsMax * 2 * 512 < limits.heldSpecBytesMax &&
    limits.podDefinitionCharactersMax * limits.containersPerPodMax < limits.linkFrameBytesMax,
  "a task of the largest pod must fit in one row, and all of an instance's in one message",
);
assert(
  limits.appIdLengthMax - 1 + ".instance-".length + 36 + "._app.9999".length <= limits.idLengthMax,
  "a task's id holds its app's, and is bounded itself",
);
assert(
  limits.appDefinitionCharactersMax * 3 < limits.versionsPerAppCharactersMax,
  "there is always a version to go back to",
);
assert(limits.masterRowBytesMax + 128 * 1024 < limits.storeRowBytesMax, "what the master adds must fit, too");
assert(
  limits.rowsPerChangeMax + limits.loopBatchRowsMax <= limits.storeBatchRowsMax,
  "the largest change fits in one batch, behind what is in it already",
);
assert(limits.loopBatchInputsMax <= limits.loopQueueMax, "a batch cannot be longer than its queue");
assert(
  limits.tasksPerAcceptMax <= limits.operationsPerAcceptMax,
  "an accept's tasks are part of its operations",
);
assert(
  // A person in a container has a stream each way.
  limits.streamsMax + limits.flowsMax < limits.connectionsMax &&
    limits.sessionsMax * 2 + limits.logReadersMax < limits.flowsMax,
  "readers of streams must leave room for requests",
);
assert(
  limits.registeredMessageLengthMax * 6 + limits.idLengthMax * 6 < limits.registeredTaskBytesMax,
  "a task's last message and its ids must fit in what is set aside for them, though every character is escaped",
);
assert(limits.linkFrameBytesMax < limits.linkQueueBytesMax, "one frame must fit in the link's queue");
assert(limits.requestBodyBytesMax <= limits.mesosMessageBytesMax, "what a door takes must be readable");
assert(limits.updatesUnackedPerTaskMax >= 3, "one update in flight, one that may be dropped, and the newest");
assert(
  limits.updatesUnackedPerTaskMax * limits.updateMessageLengthMax * 3 < limits.storeRowBytesMax,
  "a full update stream must fit in one stored row, at three bytes a character",
);
assert(
  limits.updateStreamCharactersMax * 3 < limits.storeRowBytesMax &&
    (limits.updateExtrasCharactersMax + limits.updateMessageLengthMax * 6) * 3 <
      limits.updateStreamCharactersMax,
  "an update stream holds the one in flight, the newest, and one that may be dropped",
);
assert(
  limits.heldSpecBytesMax +
    limits.updateMessageLengthMax * 12 +
    limits.updatesRememberedPerTaskMax * 40 +
    64 * 1024 <
    limits.storeRowBytesMax,
  "a held task fits in one stored row with what was last said of it",
);
assert(
  limits.heldSpecBytesMax + limits.completedStatusesBytesMax + 16 * 1024 < limits.storeRowBytesMax &&
    4 * limits.updateMessageLengthMax * 6 < limits.completedStatusesBytesMax,
  "a task that ended fits in one stored row with what was said of it",
);
assert(limits.offersPerCycleMax <= limits.offersOutstandingMax, "a cycle's offers are all outstanding");
assert(
  limits.instanceChangesPerDecisionMax * 4 <= limits.storeBatchRowsMax,
  "a batch must have room for several decisions of the app service",
);
