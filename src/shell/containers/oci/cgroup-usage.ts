/**
 * What a container's control groups counted: cpu, memory, processes and block devices, of v1 and v2.
 *
 * Read synchronously: these files are no files, and a dozen of them cost less than handing each to another
 * thread. What a kernel does not count is left out.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ContainerUsage, type DeviceUsage, pressures } from "#model/container-usage.ts";
import type { CgroupController, CgroupHost } from "../host-abilities.ts";

type Usage = Omit<ContainerUsage, "timestampMs">;
type Read = (controller: CgroupController, file: string) => string;

const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;
/** The kernel's unit in the older `cpuacct.stat`. */
const TICKS = 100;

export function cgroupUsage(host: Pick<CgroupHost, "mode" | "controllers">, path: string): Usage {
  const read: Read = (controller, file) => {
    const mount = host.controllers[controller];
    if (mount === undefined) return "";
    try {
      return readFileSync(join(mount, path, file), "latin1");
    } catch {
      return "";
    }
  };
  return usageOf(host.mode === "v2" ? usageV2(read) : usageV1(read));
}

type Figures = { readonly [Name in keyof Usage]: Usage[Name] | undefined };

/** Only what was counted. */
const usageOf = (figures: Figures): Usage =>
  Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== undefined)) as Usage;

function usageV1(read: Read): Figures {
  const cpu = fieldsOf(read("cpu", "cpu.stat"));
  const memory = fieldsOf(read("memory", "memory.stat"));
  const ticks = fieldsOf(read("cpuacct", "cpuacct.stat"));
  const userNs = numberOf(read("cpuacct", "cpuacct.usage_user"));
  const systemNs = numberOf(read("cpuacct", "cpuacct.usage_sys"));
  return {
    ...processes(read),
    cpuUserSeconds: scaled(userNs, NANOSECONDS) ?? scaled(ticks.get("user"), TICKS),
    cpuSystemSeconds: scaled(systemNs, NANOSECONDS) ?? scaled(ticks.get("system"), TICKS),
    cpuPeriods: cpu.get("nr_periods"),
    cpuPeriodsThrottled: cpu.get("nr_throttled"),
    cpuThrottledSeconds: scaled(cpu.get("throttled_time"), NANOSECONDS),
    memoryBytes: numberOf(read("memory", "memory.usage_in_bytes")),
    memoryAndSwapBytes: numberOf(read("memory", "memory.memsw.usage_in_bytes")),
    memoryLimitBytes: numberOf(read("memory", "memory.limit_in_bytes")),
    memoryRssBytes: memory.get("total_rss"),
    memoryCacheBytes: memory.get("total_cache"),
    memoryMappedBytes: memory.get("total_mapped_file"),
    memorySwapBytes: memory.get("total_swap"),
    memoryUnevictableBytes: memory.get("total_unevictable"),
    memoryKernelBytes: numberOf(read("memory", "memory.kmem.usage_in_bytes")),
    devices: devicesV1(
      read("blkio", "blkio.throttle.io_service_bytes_recursive") ||
        read("blkio", "blkio.throttle.io_service_bytes"),
      read("blkio", "blkio.throttle.io_serviced_recursive") || read("blkio", "blkio.throttle.io_serviced"),
    ),
  };
}

function usageV2(read: Read): Figures {
  const cpu = fieldsOf(read("cpu", "cpu.stat"));
  const memory = fieldsOf(read("memory", "memory.stat"));
  const usedBytes = numberOf(read("memory", "memory.current"));
  const swapBytes = numberOf(read("memory", "memory.swap.current"));
  return {
    ...processes(read),
    cpuUserSeconds: scaled(cpu.get("user_usec"), MICROSECONDS),
    cpuSystemSeconds: scaled(cpu.get("system_usec"), MICROSECONDS),
    cpuPeriods: cpu.get("nr_periods"),
    cpuPeriodsThrottled: cpu.get("nr_throttled"),
    cpuThrottledSeconds: scaled(cpu.get("throttled_usec"), MICROSECONDS),
    memoryBytes: usedBytes,
    memoryAndSwapBytes:
      usedBytes === undefined || swapBytes === undefined ? undefined : usedBytes + swapBytes,
    memoryLimitBytes: numberOf(read("memory", "memory.max")),
    memoryRssBytes: memory.get("anon"),
    memoryCacheBytes: memory.get("file"),
    memoryMappedBytes: memory.get("file_mapped"),
    memorySwapBytes: swapBytes,
    memoryUnevictableBytes: memory.get("unevictable"),
    memoryKernelBytes: memory.get("kernel"),
    devices: devicesV2(read("memory", "io.stat")),
    pressure: pressureV2(read),
  };
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=123` a line, in microseconds; older kernels have no `full` for cpu. */
function pressureV2(read: Read): Usage["pressure"] {
  const totalOf = (text: string, kind: string): number =>
    Number(new RegExp(`^${kind} .*\\btotal=(\\d+)`, "m").exec(text)?.[1] ?? 0) / MICROSECONDS;
  const found = pressures.flatMap((name) => {
    const text = read("memory", `${name}.pressure`);
    if (!text.startsWith("some ")) return [];
    return [[name, { someSeconds: totalOf(text, "some"), fullSeconds: totalOf(text, "full") }] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function processes(read: Read): Pick<Figures, "processes" | "threads"> {
  const members = read("pids", "cgroup.procs");
  return {
    processes: members === "" ? undefined : members.trimEnd().split("\n").length,
    threads: numberOf(read("pids", "pids.current")),
  };
}

/** `8:0 Read 4096` a line, and totals. */
export function devicesV1(bytes: string, requests: string): readonly DeviceUsage[] | undefined {
  const table = (text: string): ReadonlyMap<string, number> =>
    new Map(
      [...text.matchAll(/^(\d+:\d+) (Read|Write) (\d+)$/gm)].map(([, device, operation, count]) => [
        `${device} ${operation}`,
        Number(count),
      ]),
    );
  const [byteCounts, requestCounts] = [table(bytes), table(requests)];
  const devices = new Set(
    [...byteCounts.keys(), ...requestCounts.keys()].map((key) => key.split(" ")[0] ?? ""),
  );
  if (devices.size === 0) return undefined;
  return [...devices].map((device) => ({
    device,
    readBytes: byteCounts.get(`${device} Read`) ?? 0,
    writtenBytes: byteCounts.get(`${device} Write`) ?? 0,
    reads: requestCounts.get(`${device} Read`) ?? 0,
    writes: requestCounts.get(`${device} Write`) ?? 0,
  }));
}

/** `8:0 rbytes=4096 wbytes=0 rios=1 wios=0 …` a line. */
export function devicesV2(text: string): readonly DeviceUsage[] | undefined {
  const devices = text
    .split("\n")
    .filter((line) => /^\d+:\d+ .*=/.test(line))
    .map((line) => {
      const [device = "", ...pairs] = line.split(" ");
      const counts = new Map(
        pairs.map((pair) => pair.split("=")).map(([name, count]) => [name, Number(count)]),
      );
      const count = (name: string): number => counts.get(name) ?? 0;
      return {
        device,
        readBytes: count("rbytes"),
        writtenBytes: count("wbytes"),
        reads: count("rios"),
        writes: count("wios"),
      };
    });
  return devices.length === 0 ? undefined : devices;
}

/** `name 123` a line. */
const fieldsOf = (text: string): ReadonlyMap<string, number> =>
  new Map([...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));

/** Undefined for what is not there, for `max`, and for v1's largest number, which says the same. */
function numberOf(text: string): number | undefined {
  const value = Number.parseInt(text, 10);
  return Number.isSafeInteger(value) ? value : undefined;
}

const scaled = (value: number | undefined, unit: number): number | undefined =>
  value === undefined ? undefined : value / unit;
