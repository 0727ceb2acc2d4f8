/**
 * The bounds of agents: their tasks, executors, containers, images and fetched files.
 *
 * Part of `limits` (`limits.ts`), by which they are known, and which asserts them against each other.
 */

export const agentLimits = {
  // Tasks, executors and their containers.
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
  /** When a framework first hears how far a launch is, and how long nothing more is said after that. */
  launchNewsAfterMs: 10_000,
  launchNewsIntervalMs: 30_000,
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
  /** What is kept of each of them to be shown; of a larger one an outline. */
  endedTaskBytesMax: 4_096,
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
  containerRemoveRetryMs: 10_000,
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
} as const;
