/**
 * What a task asks of the kernel's controllers beside cpus and memory: which cpus, how much swap, how fast it may
 * read and write block devices.
 *
 * Plain data, checked by `controlsFault` wherever it comes in; what a host can hold is for its agent to say.
 */

import { limits } from "#base/limits.ts";

/** `device`: a block device by its path, such as `/dev/sda`. */
export type DeviceRate = { readonly device: string; readonly perSecond: number };

export const blockRates = [
  "readBytesPerSecond",
  "writeBytesPerSecond",
  "readsPerSecond",
  "writesPerSecond",
] as const;
export type BlockRate = (typeof blockRates)[number];

/** `weight`: its share of a busy device, from 10 to 1,000; 100 is usual. */
export type BlockIo = { readonly weight?: number | undefined } & {
  readonly [Rate in BlockRate]?: readonly DeviceRate[] | undefined;
};

export type Controls = {
  /** A list such as `0-3,8`: it runs on no other. */
  readonly cpuSet?: string | undefined;
  /** Nodes of memory, as a list. */
  readonly memoryNodes?: string | undefined;
  /** What it keeps when the host runs short, instead of its request. */
  readonly memorySoftBytes?: number | undefined;
  /** Beyond its memory; absent: none. */
  readonly swapBytes?: number | "unlimited" | undefined;
  readonly blockIo?: BlockIo | undefined;
};

export const blockWeightMin = 10;
export const blockWeightMax = 1_000;

/** Undefined: it can be asked for; else why not, in words that follow the name of what holds it. */
export function controlsFault(controls: Controls): string | undefined {
  for (const name of ["cpuSet", "memoryNodes"] as const) {
    const list = controls[name];
    if (list !== undefined && numbersOf(list) === undefined)
      return `${name} ${JSON.stringify(list)} is no list of numbers such as 0-3,8`;
  }
  for (const name of ["memorySoftBytes", "swapBytes"] as const) {
    const bytes = controls[name];
    if (bytes !== undefined && bytes !== "unlimited" && !isAmount(bytes, 0))
      return `${name} is no amount: ${bytes}`;
  }
  return controls.blockIo === undefined ? undefined : blockIoFault(controls.blockIo);
}

function blockIoFault(blockIo: BlockIo): string | undefined {
  const { weight } = blockIo;
  if (weight !== undefined && !(isAmount(weight, blockWeightMin) && weight <= blockWeightMax))
    return `the weight of its block I/O must be from ${blockWeightMin} to ${blockWeightMax}`;
  for (const name of blockRates) {
    const rates = blockIo[name] ?? [];
    if (rates.length > limits.deviceRatesMax)
      return `${name} names ${rates.length} devices; ${limits.deviceRatesMax} are possible`;
    for (const { device, perSecond } of rates) {
      if (!/^\/dev\/[\w./-]{1,200}$/.test(device) || device.split("/").includes(".."))
        return `${name} names ${JSON.stringify(device)}, which is no path of a device`;
      if (!isAmount(perSecond, 1)) return `${name} of ${device} must be a whole number, more than nothing`;
    }
  }
  return undefined;
}

const isAmount = (value: number, least: number): boolean => Number.isSafeInteger(value) && value >= least;

/** The numbers of a kernel's list, in order; undefined where it is none. */
export function numbersOf(list: string): readonly number[] | undefined {
  const found = new Set<number>();
  for (const part of list.split(",")) {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim()) ?? [];
    if (first === undefined || Number(first) > Number(last)) return undefined;
    for (let number = Number(first); number <= Number(last); number += 1) found.add(number);
  }
  return [...found].sort((a, b) => a - b);
}
