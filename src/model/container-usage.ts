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

/** Of a network that is not the host's; containers of one `space` share it, and what is counted there. */
export type NetworkUsage = {
  readonly space: string;
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly receivedErrors: number;
  readonly receivedDropped: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
  readonly sentErrors: number;
  readonly sentDropped: number;
};

/** How long some of its processes, or all that could run, waited for what they could not have. */
export type PressureUsage = { readonly someSeconds: number; readonly fullSeconds: number };

export const pressures = ["cpu", "memory", "io"] as const;
export type Pressure = (typeof pressures)[number];

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
  /** Only v2 counts it. */
  readonly pressure?: { readonly [Name in Pressure]?: PressureUsage };
  readonly network?: NetworkUsage;
};
