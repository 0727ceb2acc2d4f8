/**
 * What a container gets of the host, in the numbers that the kernel takes.
 *
 * Cpu by shares, and by a quota only where a limit is asked for or the agent holds every task to its own;
 * memory as requested unless a limit says otherwise. Pure; who writes the numbers down is another's business.
 */

import { fromMilli } from "#model/resources.ts";
import type { ResourceLimit } from "#model/task.ts";
import type { Amounts } from "../backend.ts";

const MEBIBYTE = 1024 * 1024;
const SHARES_PER_CPU = 1024;
const SHARES_MIN = 2;
const SHARES_MAX = 262_144;
const CPU_QUOTA_MIN_US = 1_000;
const MEMORY_MIN_BYTES = 4 * MEBIBYTE;

export const CPU_PERIOD_US = 100_000;

export function cpuSharesOf({ resources }: Amounts): number {
  const shares = Math.round(fromMilli(resources.cpus) * SHARES_PER_CPU);
  return Math.min(SHARES_MAX, Math.max(SHARES_MIN, shares));
}

/** Cgroup v2's weight for v1's shares, by the formula that the OCI runtimes use. */
export const cpuWeightOf = (shares: number): number =>
  1 + Math.floor(((shares - SHARES_MIN) * 9_999) / (SHARES_MAX - SHARES_MIN));

/** Microseconds of cpu in each period; undefined: no more than its share when others want theirs. */
export function cpuQuotaOf({ resources, limits }: Amounts, isEnforced: boolean): number | undefined {
  const request: ResourceLimit | undefined = isEnforced ? resources.cpus : undefined;
  const cpus = limits.cpus ?? request;
  if (cpus === undefined || cpus === "unlimited") return undefined;
  return Math.max(CPU_QUOTA_MIN_US, Math.round(fromMilli(cpus) * CPU_PERIOD_US));
}

/** Undefined: unlimited. */
export function memoryLimitOf({ resources, limits }: Amounts): number | undefined {
  const mebibytes = limits.mem ?? resources.mem;
  return mebibytes === "unlimited" ? undefined : bytesOf(mebibytes);
}

/** What it keeps when the host runs short: its request, however much more it may use. */
export const memoryRequestOf = ({ resources }: Amounts): number => bytesOf(resources.mem);

const bytesOf = (mebibytes: ResourceLimit & number): number =>
  Math.max(MEMORY_MIN_BYTES, Math.round(fromMilli(mebibytes) * MEBIBYTE));
