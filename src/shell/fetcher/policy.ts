/**
 * What an agent's operator said about fetching: how much, and which of the host's own files.
 */

import { limits } from "#base/limits.ts";

export type FetchPolicy = {
  /** Files of the host that tasks may fetch lie below one of these. */
  readonly allowedDirectories: readonly string[];
  /** Of one artifact. */
  readonly bytesMax: number;
  readonly cacheBytesMax: number;
  readonly retryInitialMs: number;
};

export const usualFetchPolicy: FetchPolicy = {
  allowedDirectories: [],
  bytesMax: limits.artifactBytesMax,
  cacheBytesMax: limits.artifactCacheMegabytesDefault * 1024 * 1024,
  retryInitialMs: limits.registryRetryInitialMs,
};
