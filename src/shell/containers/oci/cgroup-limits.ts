/**
 * New limits for a container that runs already, as writes to its control groups.
 *
 * The hard memory limit is only ever raised: a program that was allowed its memory would be killed for what it
 * holds, so less is asked for by the soft limit. Pure but for `writeLimits`, which tries and never insists.
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Amounts } from "../backend.ts";
import type { CgroupController, CgroupHost } from "../host-abilities.ts";
import {
  CPU_PERIOD_US,
  cpuQuotaOf,
  cpuSharesOf,
  cpuWeightOf,
  memoryLimitOf,
  memoryRequestOf,
} from "./amounts.ts";

export type LimitWrite = {
  readonly controller: CgroupController;
  readonly file: string;
  readonly value: string;
};

/** In the order in which they are to be made. `currentBytes`: its hard limit now; undefined: none. */
export function limitWrites(
  host: Pick<CgroupHost, "mode" | "swapLimit">,
  amounts: Amounts,
  enforceCpuQuota: boolean,
  currentBytes: number | undefined,
): readonly LimitWrite[] {
  const shares = cpuSharesOf(amounts);
  const quota = cpuQuotaOf(amounts, enforceCpuQuota);
  const memoryBytes = memoryLimitOf(amounts);
  const softBytes = memoryRequestOf(amounts);
  const raises = currentBytes !== undefined && (memoryBytes === undefined || memoryBytes > currentBytes);
  const cpu = (file: string, value: string): LimitWrite => ({ controller: "cpu", file, value });
  const memory = (file: string, value: string): LimitWrite => ({ controller: "memory", file, value });
  if (host.mode === "v2") {
    return [
      cpu("cpu.weight", `${cpuWeightOf(shares)}`),
      cpu("cpu.max", `${quota ?? "max"} ${CPU_PERIOD_US}`),
      memory("memory.low", `${softBytes}`),
      ...(raises ? [memory("memory.max", `${memoryBytes ?? "max"}`)] : []),
    ];
  }
  const hard = `${memoryBytes ?? -1}`;
  return [
    cpu("cpu.shares", `${shares}`),
    cpu("cpu.cfs_period_us", `${CPU_PERIOD_US}`),
    cpu("cpu.cfs_quota_us", `${quota ?? -1}`),
    memory("memory.soft_limit_in_bytes", `${softBytes}`),
    // With swap first: memory alone may never be allowed more than both together.
    ...(raises && host.swapLimit ? [memory("memory.memsw.limit_in_bytes", hard)] : []),
    ...(raises ? [memory("memory.limit_in_bytes", hard)] : []),
  ];
}

/** The container's group may be gone by now, or the kernel may refuse; then it stays as it is. */
export async function writeLimits(
  host: CgroupHost,
  path: string,
  writes: readonly LimitWrite[],
): Promise<void> {
  for (const { controller, file, value } of writes) {
    const mount = host.controllers[controller];
    if (mount !== undefined) await writeFile(join(mount, path, file), value).catch(() => undefined);
  }
}
