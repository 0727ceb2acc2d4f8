/**
 * A container's statistics as Mesos's interface has them: what it may use, and what it does use.
 *
 * Of the default executor, which is no process, they are the sums of its tasks'.
 */

import {
  type ContainerUsage,
  type DeviceUsage,
  type NetworkUsage,
  type PressureUsage,
  pressures,
} from "#model/container-usage.ts";
import { fromMilli } from "#model/resources.ts";
import type { MessageOf } from "../proto/tables.ts";
import type { ShownExecutor } from "./executors.ts";

type Statistics = MessageOf<"ResourceStatistics">;

const mebibyte = 1_048_576;

/** `usages`: of its container, or of its tasks' if it has none. */
export function containerStatistics(
  { resources, limits }: Pick<ShownExecutor, "resources" | "limits">,
  usages: readonly ContainerUsage[],
  nowMs: number,
): Statistics {
  const softBytes = bytesOf(fromMilli(resources.mem) * mebibyte);
  const memory =
    limits.mem === undefined
      ? resources.mem > 0
        ? softBytes
        : undefined
      : limits.mem === "unlimited"
        ? undefined
        : bytesOf(fromMilli(limits.mem) * mebibyte);
  return {
    timestamp: nowMs / 1_000,
    ...used(usages),
    cpus_soft_limit: fromMilli(resources.cpus),
    ...(limits.cpus === undefined || limits.cpus === "unlimited"
      ? {}
      : { cpus_limit: fromMilli(limits.cpus) }),
    ...(memory === undefined ? {} : { mem_limit_bytes: memory }),
    mem_soft_limit_bytes: softBytes,
  };
}

/** Where each sum goes, as a number or as a count of bytes. */
const plain = {
  processes: "processes",
  threads: "threads",
  cpuUserSeconds: "cpus_user_time_secs",
  cpuSystemSeconds: "cpus_system_time_secs",
  cpuPeriods: "cpus_nr_periods",
  cpuPeriodsThrottled: "cpus_nr_throttled",
  cpuThrottledSeconds: "cpus_throttled_time_secs",
} as const satisfies Partial<Record<keyof ContainerUsage, keyof Statistics>>;

const counted = {
  memoryBytes: ["mem_total_bytes"],
  memoryAndSwapBytes: ["mem_total_memsw_bytes"],
  memoryKernelBytes: ["mem_kmem_usage_bytes"],
  // The older names of the same are still read.
  memoryRssBytes: ["mem_rss_bytes", "mem_anon_bytes"],
  memoryCacheBytes: ["mem_cache_bytes", "mem_file_bytes"],
  memoryMappedBytes: ["mem_mapped_file_bytes"],
  memorySwapBytes: ["mem_swap_bytes"],
  memoryUnevictableBytes: ["mem_unevictable_bytes"],
  diskBytes: ["disk_used_bytes"],
  diskLimitBytes: ["disk_limit_bytes"],
} as const satisfies Partial<Record<keyof ContainerUsage, readonly (keyof Statistics)[]>>;

function used(usages: readonly ContainerUsage[]): Partial<Statistics> {
  const sum = (name: keyof typeof plain | keyof typeof counted): number | undefined => {
    const amounts = usages.map((usage) => usage[name]).filter((amount) => amount !== undefined);
    return amounts.length === 0 ? undefined : amounts.reduce((total, amount) => total + amount, 0);
  };
  const names = <Name extends string>(table: Readonly<Partial<Record<Name, unknown>>>) =>
    Object.keys(table) as Name[];
  const fields: [string, number | bigint][] = [];
  for (const name of names<keyof typeof plain>(plain)) {
    const amount = sum(name);
    if (amount !== undefined) fields.push([plain[name], amount]);
  }
  for (const name of names<keyof typeof counted>(counted)) {
    const amount = sum(name);
    if (amount !== undefined) for (const field of counted[name]) fields.push([field, bytesOf(amount)]);
  }
  const devices = usages.flatMap((usage) => usage.devices ?? []);
  return {
    ...(Object.fromEntries(fields) as Partial<Statistics>),
    ...trafficOf(usages),
    ...pressureOf(usages),
    ...(devices.length === 0 ? {} : { blkio_statistics: { throttling: devicesOf(devices) } }),
  };
}

const traffic = {
  receivedPackets: "net_rx_packets",
  receivedBytes: "net_rx_bytes",
  receivedErrors: "net_rx_errors",
  receivedDropped: "net_rx_dropped",
  sentPackets: "net_tx_packets",
  sentBytes: "net_tx_bytes",
  sentErrors: "net_tx_errors",
  sentDropped: "net_tx_dropped",
} as const satisfies Partial<Record<keyof NetworkUsage, keyof Statistics>>;

/** Of those that share a network, what went through it counts once. */
function trafficOf(usages: readonly ContainerUsage[]): Partial<Statistics> {
  const networks = new Map(
    usages.flatMap(({ network }) => (network === undefined ? [] : [[network.space, network]])),
  );
  if (networks.size === 0) return {};
  const sum = (name: keyof typeof traffic): bigint =>
    bytesOf([...networks.values()].reduce((total, network) => total + network[name], 0));
  const names = Object.keys(traffic) as (keyof typeof traffic)[];
  return Object.fromEntries(names.map((name) => [traffic[name], sum(name)])) as Partial<Statistics>;
}

/** Where the kernel counts it, which Mesos's message has no place for: fields of our own. */
function pressureOf(usages: readonly ContainerUsage[]): Partial<Statistics> {
  const fields = pressures.flatMap((name) => {
    const found = usages.flatMap(({ pressure }) => pressure?.[name] ?? []);
    if (found.length === 0) return [];
    const sum = (kind: keyof PressureUsage): number => found.reduce((total, each) => total + each[kind], 0);
    return [
      [`pressure_${name}_some_secs`, sum("someSeconds")],
      [`pressure_${name}_full_secs`, sum("fullSeconds")],
    ];
  });
  return Object.fromEntries(fields) as Partial<Statistics>;
}

type Throttling = MessageOf<"CgroupInfo.Blkio.Throttling.Statistics">;

function devicesOf(usages: readonly DeviceUsage[]): Throttling[] {
  const byDevice = Map.groupBy(usages, ({ device }) => device);
  return [...byDevice].map(([device, list]) => {
    const [major = "0", minor = "0"] = device.split(":");
    const sum = (name: "reads" | "writes" | "readBytes" | "writtenBytes"): bigint =>
      bytesOf(list.reduce((total, usage) => total + usage[name], 0));
    return {
      device: { major_number: BigInt(major), minor_number: BigInt(minor) },
      io_serviced: [
        { op: "READ", value: sum("reads") },
        { op: "WRITE", value: sum("writes") },
      ],
      io_service_bytes: [
        { op: "READ", value: sum("readBytes") },
        { op: "WRITE", value: sum("writtenBytes") },
      ],
    };
  });
}

const bytesOf = (amount: number): bigint => BigInt(Math.round(amount));
