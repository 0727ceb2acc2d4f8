/**
 * Every bound of the system in one place (law 6: nothing unbounded).
 *
 * A constant says what it bounds and its unit. Bounds that depend on each other are asserted against each
 * other at the end, so that a change of one that breaks another does not start.
 */

import { assert } from "./assert.ts";

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

  // The loop and the store.
  loopQueueMax: 100_000,
  loopBatchInputsMax: 512,
  /** Of its own files the store keeps so much free, so that it can write when the disk is full. */
  storeReserveBytes: 4 * 1024 * 1024,
  storeReserveLookMs: 30_000,
  storeBatchRowsMax: 100_000,
  /** A batch takes no further decision from here on. */
  loopBatchRowsMax: 10_000,
  storeRowBytesMax: 1_400_000,
  /** Of a row that frameworks or operators make, before what the master adds to it by and by. */
  masterRowBytesMax: 1_200_000,

  // etcd takes 128 operations and 1.5 MiB in a request, if it is not told otherwise.
  etcdOperationsMax: 120,
  etcdTransactionBytesMax: 1_000_000,

  // The agent link.
  linkFrameBytesMax: 32 * 1024 * 1024,
  linkQueueBytesMax: 64 * 1024 * 1024,
  linksMax: 20_000,
  linkKeepaliveMs: 5_000,
  linkReconnectInitialMs: 100,
  linkReconnectMaxMs: 5_000,

  // Event streams.
  streamQueueBytesMax: 4 * 1024 * 1024,
  /** Frameworks keep one each for as long as they live. */
  streamsMax: 1_500,
  /** Sessions in containers that people look into; each holds at most two. */
  flowsMax: 300,
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
  statusesPerTaskMax: 16,
  refusalsKeptPerAppMax: 1_000,
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
  refusedPerFilterMax: 8,
  refuseMsMax: 365 * 24 * 3_600_000,
  refuseMsDefault: 5_000,
  unreachableAgentKeptMs: 14 * 24 * 3_600_000,
  goneAgentsMax: 10_000,

  // The agent.
  updatesUnackedPerTaskMax: 64,
  updateMessageLengthMax: 4_096,
  updateRetryInitialMs: 10_000,
  updateRetryMaxMs: 600_000,
  /** Of all that waits for one task, as JSON. */
  updateStreamCharactersMax: 400_000,
  /** Of all that waits at one agent: beyond it each task keeps two updates, and nothing said beside them. */
  updateStreamsCharactersMax: 64 * 1024 * 1024,
  /** What a custom executor may say beside a status: data and labels, as JSON. */
  updateExtrasCharactersMax: 64 * 1024,
  /** The newest updates of a custom executor that are known again when they are repeated. */
  updatesRememberedPerTaskMax: 64,
  /** Of a task or an executor as it is kept, as JSON; the rest of its row needs less than what is left. */
  heldSpecBytesMax: 1_200_000,
  /** Of one container, beside the persistent ones among its resources; all together as it starts. */
  volumesPerTaskMax: 100,
  dockerParametersMax: 256,
  /** Between two words about how far the launch of one container is. */
  launchProgressIntervalMs: 2_000,
  launchProgressCharactersMax: 300,
  secretsPerAppMax: 256,
  /** Of one secret. */
  secretBytesMax: 1024 * 1024,
  executorsPerAgentMax: 1_000,
  tasksPerExecutorMax: 1_000,
  /** How long a custom executor may take to subscribe, when it starts and when its agent comes back. */
  executorRegistrationMs: 60_000,
  executorReregistrationMs: 2_000,
  executorShutdownGraceMsMax: 3_600_000,
  executorHeartbeatMs: 30 * 60_000,
  /** One message between a framework and its executor, in base64. */
  executorMessageCharactersMax: 1_400_000,
  /** What all executors of an agent may say to their frameworks within a second; the rest is lost. */
  executorMessagesPerSecondCharactersMax: 4 * 1024 * 1024,
  /** What each of them counts for beside what it says. */
  executorMessageFrameCharacters: 512,
  /** What an agent says of a task when it registers, besides the task's own specification. */
  registeredTaskBytesMax: 4_096,
  registeredMessageLengthMax: 256,
  registerRetryInitialMs: 1_000,
  registerRetryMaxMs: 15_000,
  /** A container that outlives KILL is sent it again this often. */
  killRepeatMs: 10_000,
  /** The longest grace of a task when the whole agent stops. */
  stopGraceMaxMs: 5_000,
  completedSandboxesMax: 1_000,
  /** What nobody needs any more (sandboxes, images, fetched files) is kept so long on an empty disk. */
  unusedFilesKeptMs: 7 * 24 * 3_600_000,
  /** The fuller the disk the shorter; with no more than this share of it free, not at all. */
  diskHeadroomShare: 0.1,
  diskLookIntervalMs: 60_000,
  /** In which a file system that is not the agent's own must answer, and how long an answer counts. */
  diskAnswerMs: 8_000,
  diskAnswerFreshMs: 5_000,
  sandboxOutputBytesMax: 10 * 1024 * 1024,
  sandboxOutputFilesMax: 5,
  fileReadBytesMax: 1024 * 1024,
  filesBrowsedMax: 10_000,
  launchLanesMax: 4,
  launchTimeoutMs: 30_000,
  /** Of one container, and of one network's configuration; a plugin that takes longer is ended. */
  networksPerContainerMax: 16,
  portMappingsPerContainerMax: 256,
  networkLabelsMax: 64,
  networkNameLengthMax: 255,
  hostnameLengthMax: 63,
  networkPluginsMax: 16,
  networkPluginTimeoutMs: 60_000,
  networkPluginOutputBytesMax: 1024 * 1024,
  networkConfigurationsMax: 1_000,
  /** How long a container that ended may take to leave a port of the host that the next one is given. */
  portLeaveTimeoutMs: 15_000,
  launchSettleMs: 3_000,
  exitSettleMs: 15_000,
  exitFileKeptMs: 60_000,
  containerRemoveTimeoutMs: 10_000,
  containerPidsMax: 4_096,
  diskWatchIntervalMs: 15_000,
  portsWatchIntervalMs: 30_000,
  diskMeasureTimeoutMs: 60_000,
  containerTmpBytesMax: 1024 * 1024 * 1024,
  containerShmBytesMax: 64 * 1024 * 1024,
  checkOutputBytesMax: 4_096,
  /** Of a check that may take as long as it likes, and of any that is given longer. */
  checkTimeoutMsMax: 86_400_000,
  /** That an HTTP check follows, as many as Mesos's. */
  checkRedirectsMax: 50,
  /** That an HTTP health check names. */
  checkStatusesMax: 100,
  sessionsMax: 128,
  /** At a time in one container; a turn that takes longer is over. */
  sessionStartsMax: 4,
  sessionStartTurnMsMax: 5_000,
  /** That have ended, and whose exit may still be asked for. */
  sessionsEndedMax: 1_000,
  sessionNameLengthMax: 128,
  /** Of a file that is turned over, for who follows it and has not read it; who is further behind is dropped. */
  followedOutputKeptMax: 16 * 1024 * 1024,
  sessionReadersMax: 8,
  sessionHeartbeatMs: 15_000,
  terminalColumnsMax: 10_000,

  // Images.
  /** A manifest, an index, a configuration, a credentials file, an answer of a token service. */
  imageDocumentBytesMax: 4 * 1024 * 1024,
  imageLayersMax: 127,
  imageVolumesMax: 64,
  imageLayerBytesMax: 32 * 1024 * 1024 * 1024,
  /** All layers, as they are downloaded. */
  imageBytesMax: 64 * 1024 * 1024 * 1024,
  imageLayerUnpackedBytesMax: 128 * 1024 * 1024 * 1024,
  imageLayerEntriesMax: 2_000_000,
  /** Directories, and links, of one layer. */
  imageLayerDirectoriesMax: 1_000_000,
  /** Of one file in a layer: its name, its link's target, its extended attributes. */
  imageEntryHeaderBytesMax: 1024 * 1024,
  imageLinksFollowedMax: 40,
  imageUnpackTimeoutMs: 3_600_000,
  imageDownloadsMax: 6,
  /** Of the disk images leave so much free, or this share where that is less. */
  imageReserveBytes: 256 * 1024 * 1024,
  imageReserveShare: 0.05,
  /** It is looked at again after so much of a layer. */
  imageRoomLookBytes: 2 * 1024 * 1024,
  registryRedirectsMax: 5,
  registryAttemptsMax: 5,
  registryRetryInitialMs: 500,
  registryRetryMaxMs: 30_000,
  registryHeadersTimeoutMs: 30_000,
  /** Without a byte of a body. */
  registryIdleTimeoutMs: 60_000,

  // Artifacts, which agents fetch.
  artifactsPerTaskMax: 256,
  artifactUriLengthMax: 8_192,
  artifactPathLengthMax: 1_024,
  artifactBytesMax: 64 * 1024 * 1024 * 1024,
  /** Of all archives of one container. */
  artifactUnpackedBytesMax: 128 * 1024 * 1024 * 1024,
  artifactEntriesMax: 1_000_000,
  /** Directories and links of what is unpacked, and the index of one zip archive. */
  artifactDirectoriesMax: 500_000,
  artifactZipIndexBytesMax: 64 * 1024 * 1024,
  artifactDownloadsMax: 8,
  /** Of one download, also when each gets a little further. */
  artifactAttemptsMax: 100,
  /** For one artifact, however slowly it comes. */
  artifactTimeoutMs: 3_600_000,
  artifactCacheMegabytesDefault: 2_048,

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
  /** Told of one deployment. */
  deploymentWaitsMax: 200,
  /** Stored by one change of many apps; it is one batch. */
  rowsPerChangeMax: 90_000,
  /** Of what the apps of one change were before, all together. */
  charactersPerChangeMax: 48 * 1024 * 1024,
  eventHistoryMax: 1_000,
  eventHistoryCharactersMax: 16 * 1024 * 1024,
  consoleTasksMax: 500,
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
  limits.streamsMax + limits.flowsMax < limits.connectionsMax && limits.sessionsMax * 2 < limits.flowsMax,
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
