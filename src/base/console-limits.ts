/**
 * The bounds of the console: the timeline, views, live streams, what is really used. Part of `limits.ts`, by which they
 * are read.
 */

export const consoleLimits = {
  /** Of each of the timeline's two rings. */
  timelineChunksMax: 100,
  timelineChunkEventsMax: 100,
  timelineTextCharactersMax: 1_000,
  timelineLinksMax: 8,
  /** Of what happened, waiting to be taken in; more is counted and told as one event. */
  timelineQueueMax: 5_000,

  // The console.
  consoleFilesBytesMax: 64 * 1024 * 1024,
  consolePageMax: 500,
  consolePageUsual: 100,
  /** Of agents, and of services, that are looked at anew in one turn of the loop. */
  consoleRowsPerTurnMax: 200,
  /** Counting so many tasks takes about as long as looking at one of these. */
  consoleTasksPerRow: 20,
  /** A look that takes longer goes on in another turn. */
  consoleTurnMs: 8,
  consoleMapNodesMax: 20_000,
  consoleProblemsMax: 50,
  consoleTreemapMax: 1_000,
  /** Up to so many are asked one by one why they do not take an instance, each time somebody looks. */
  consoleExplainedAgentsMax: 200,
  consoleSearchMax: 50,
  consoleSearchLooksMax: 2_000,
  consoleTextCharactersMax: 200,
  consoleParametersCharactersMax: 8_192,
  /** Of one page's stream. */
  liveSubscriptionsMax: 16,
  /** Different views that are looked at, all pages together. */
  liveChannelsMax: 1_000,
  /** Between two looks at a view, however much happens. */
  liveIntervalMs: 250,
  /** A view that takes long to look at is looked at so many times more seldom than it takes. */
  liveRestFactor: 20,
  liveHeartbeatMs: 10_000,
  /** Of a file that is followed: in one piece, and between two looks at its end. */
  logChunkBytesMax: 64 * 1024,
  logLookMs: 250,
  /** Files that one page follows in one stream. */
  logSourcesMax: 32,
  /** Files of one agent that are followed, all pages together: people who work in containers are not crowded out. */
  logReadersMax: 100,
  /** Streams of several files that a gateway gathers at the same time. */
  mergedStreamsMax: 200,
  /** Waiting for one reader. */
  liveQueueBytesMax: 8 * 1024 * 1024,
  usageStepMs: 10_000,
  /** After which what an agent said of its use is no longer shown as present. */
  usageFreshMs: 60_000,
  usageTaskSlots: 60,
  /** Tasks beyond these have a present and no past. */
  usageTaskHistoriesMax: 50_000,
  usageAgentSlots: 180,
  usageHourSlots: 360,
  usageDayStepMs: 300_000,
  usageDaySlots: 288,
} as const;
