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
  instancesPerAppMax: 100_000,
  appsMax: 20_000,
  /** Of one definition as JSON, whatever requests it was merged from. */
  appDefinitionCharactersMax: 1_000_000,
  appsPerRequestMax: 1_000,
  tasksPerRequestMax: 10_000,
  argumentsMax: 1_024,
  cpusMax: 1_000_000,
  megabytesMax: 1_000_000_000,
  gpusMax: 10_000,
  durationSecondsMax: 10 * 365 * 86_400,

  // The loop and the store.
  loopQueueMax: 100_000,
  loopBatchInputsMax: 512,
  storeBatchRowsMax: 20_000,
  storeRowBytesMax: 1_400_000,

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
  /** For one framework: an answer to a question about all of its tasks comes at once. */
  schedulerQueueBytesMax: 64 * 1024 * 1024,

  // The messages of the Mesos APIs, in either encoding; doors bound what they take further.
  mesosMessageBytesMax: 16 * 1024 * 1024,
  mesosMessageDepthMax: 64,
  recordBytesMax: 16 * 1024 * 1024,

  // The master's memory.
  offersOutstandingMax: 200_000,
  operationsPerAcceptMax: 5_000,
  tasksPerAcceptMax: 1_000,
  completedTasksMax: 1_000,
  completedFrameworksMax: 50,
  statusesPerTaskMax: 16,
  refusalsKeptPerAppMax: 1_000,
  frameworksMax: 1_000,
  rolesPerFrameworkMax: 100,
  patternLengthMax: 1_024,
  patternStatesMax: 2_000,
  patternDepthMax: 64,
  offerConstraintsMax: 100,
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
  /** What an agent says of a task when it registers, besides the task's own specification. */
  registeredTaskBytesMax: 4_096,
  registeredMessageLengthMax: 256,
  registerRetryInitialMs: 1_000,
  registerRetryMaxMs: 15_000,
  /** A container that outlives KILL is sent it again this often. */
  killRepeatMs: 10_000,
  /** The longest grace of a task when the whole agent stops. */
  stopGraceMaxMs: 5_000,
  completedSandboxesMax: 100,
  sandboxOutputBytesMax: 10 * 1024 * 1024,
  sandboxOutputFilesMax: 5,
  fileReadBytesMax: 1024 * 1024,
  filesBrowsedMax: 10_000,
  launchLanesMax: 4,
  launchTimeoutMs: 30_000,
  launchSettleMs: 3_000,
  containerRemoveTimeoutMs: 10_000,
  containerPidsMax: 4_096,
  containerTmpBytesMax: 1024 * 1024 * 1024,
  containerShmBytesMax: 64 * 1024 * 1024,
  checkOutputBytesMax: 4_096,
  imagesKeptMax: 16,
  imageUnpackTimeoutMs: 600_000,

  // The app service.
  deploymentsFinishedMax: 100,
  versionsPerAppMax: 100,
  versionsPerAppCharactersMax: 4_000_000,
  eventHistoryMax: 1_000,
  eventHistoryCharactersMax: 16 * 1024 * 1024,
  consoleTasksMax: 500,
  probesInFlightMax: 512,
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
  limits.appIdLengthMax - 1 + ".instance-".length + 36 + "._app.9999".length <= limits.idLengthMax,
  "a task's id holds its app's, and is bounded itself",
);
assert(
  limits.appDefinitionCharactersMax * 3 < limits.versionsPerAppCharactersMax,
  "there is always a version to go back to",
);
assert(limits.loopBatchInputsMax <= limits.loopQueueMax, "a batch cannot be longer than its queue");
assert(
  limits.tasksPerAcceptMax <= limits.operationsPerAcceptMax,
  "an accept's tasks are part of its operations",
);
assert(limits.streamsMax < limits.connectionsMax, "readers of streams must leave room for requests");
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
assert(limits.offersPerCycleMax <= limits.offersOutstandingMax, "a cycle's offers are all outstanding");
assert(
  limits.instanceChangesPerDecisionMax * 4 <= limits.storeBatchRowsMax,
  "a batch must have room for several decisions of the app service",
);
