/**
 * What a container uses, as its agent's kernel counts it.
 *
 * Every figure may be missing: a host without control groups counts nothing, and each kernel counts some of
 * them only. Amounts are sums since the container's start; memory, processes and disk are as they are now.
 */

/** Of one block device, `major:minor`. */
export type DeviceUsage = {
  readonly device: string;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly reads: number;
  readonly writes: number;
};

export type ContainerUsage = {
  readonly timestampMs: number;
  readonly processes?: number;
  readonly threads?: number;
  readonly cpuUserSeconds?: number;
  readonly cpuSystemSeconds?: number;
  /** Periods in which a quota was held, and in which it held the container back. */
  readonly cpuPeriods?: number;
  readonly cpuPeriodsThrottled?: number;
  readonly cpuThrottledSeconds?: number;
  /** With the kernel's cache of its files. */
  readonly memoryBytes?: number;
  readonly memoryAndSwapBytes?: number;
  readonly memoryLimitBytes?: number;
  /** Its own, anonymous memory. */
  readonly memoryRssBytes?: number;
  readonly memoryCacheBytes?: number;
  readonly memoryMappedBytes?: number;
  readonly memorySwapBytes?: number;
  readonly memoryUnevictableBytes?: number;
  readonly memoryKernelBytes?: number;
  readonly diskBytes?: number;
  readonly diskLimitBytes?: number;
  readonly devices?: readonly DeviceUsage[];
};
