/**
 * What an agent's machine and tasks really use, as the agent measures it from time to time.
 *
 * For people to look at: nothing is decided by it, nothing of it is stored, and a lost one is no loss. What a kernel
 * does not count is absent.
 */

import type { FrameworkId, TaskId } from "#model/ids.ts";

export type HostUsage = {
  /** Of all cores, 0 to 1, since the report before. */
  readonly cpuShare: number;
  readonly memTotalBytes: number;
  readonly memUsedBytes: number;
  /** Of the file system that the agent's data is on. */
  readonly diskTotalBytes: number;
  readonly diskUsedBytes: number;
  /** The load average of the last minute. */
  readonly load1: number;
};

export type TaskUsage = {
  readonly frameworkId: FrameworkId;
  readonly taskId: TaskId;
  /** Cores, since the report before. */
  readonly cpus?: number | undefined;
  readonly memBytes?: number | undefined;
  readonly diskBytes?: number | undefined;
};

export type UsageReport = {
  readonly host?: HostUsage | undefined;
  readonly tasks: readonly TaskUsage[];
};
