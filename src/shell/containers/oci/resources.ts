/**
 * What a container may use of the host, in the words of its definition for the OCI runtime.
 *
 * What its task asks of the kernel's controllers is held here, or refused where this host cannot hold it; the agent's
 * own bounds on block devices are for tasks that ask for none.
 */

import { readFileSync, statSync } from "node:fs";
import { type BlockIo, blockRates, type Controls, controlsFault, numbersOf } from "#model/controls.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { GpuGrant } from "../gpus/nvidia.ts";
import type { CgroupController, CgroupHost } from "../host-abilities.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { CPU_PERIOD_US, cpuQuotaOf, cpuSharesOf, memoryLimitOf, memoryRequestOf } from "./amounts.ts";

export type ResourcesInput = {
  readonly spec: ContainerSpec;
  readonly cgroup: Pick<CgroupHost, "mode" | "controllers" | "swapLimit">;
  readonly enforceCpuQuota: boolean;
  readonly pidsMax: number;
  /** Of containers that ask for none of their own. */
  readonly blockIo?: BlockIo | undefined;
  readonly gpus?: GpuGrant | undefined;
};

/** Throws `LaunchRefusal`. */
export function resourcesOf(input: ResourcesInput): object {
  const { spec, cgroup, enforceCpuQuota, pidsMax } = input;
  const { controls = {} } = spec;
  const fault = controlsFault(controls);
  if (fault !== undefined) throw new LaunchRefusal(`what it asks of the kernel is wrong: ${fault}`);
  const quota = cpuQuotaOf(spec, enforceCpuQuota);
  const blockIo = blockIoWanted(input);
  return {
    cpu: {
      shares: cpuSharesOf(spec),
      ...(quota === undefined ? {} : { quota, period: CPU_PERIOD_US }),
      ...cpuSetOf(controls, cgroup),
    },
    memory: memoryOf(spec, cgroup),
    pids: { limit: pidsMax },
    ...(Object.keys(blockIo).length === 0 ? {} : { blockIO: blockIoOf(blockIo, cgroup) }),
    // The runtimes themselves allow the harmless ones that they put into /dev.
    devices: [
      { allow: false, access: "rwm" },
      ...(input.gpus?.nodes ?? []).map(({ major, minor }) => ({
        allow: true,
        type: "c",
        major,
        minor,
        access: "rw",
      })),
    ],
  };
}

export const blockIoWanted = ({ blockIo, spec }: Pick<ResourcesInput, "blockIo" | "spec">): BlockIo => ({
  ...blockIo,
  ...spec.controls?.blockIo,
});

type Host = ResourcesInput["cgroup"];

function memoryOf(spec: ContainerSpec, { mode, swapLimit }: Host): object {
  const { memorySoftBytes, swapBytes = 0 } = spec.controls ?? {};
  const limit = memoryLimitOf(spec);
  const soft = memorySoftBytes ?? memoryRequestOf(spec);
  const reservation = limit === undefined ? soft : Math.min(soft, limit);
  if (limit === undefined) return { reservation };
  if (!swapLimit) return { reservation, limit };
  const swap = swapBytes === "unlimited" ? -1 : limit + swapBytes;
  // By v1's limit on both together it could still swap instead of using its memory.
  return { reservation, limit, swap, ...(mode === "v2" || swapBytes !== 0 ? {} : { swappiness: 0 }) };
}

function cpuSetOf({ cpuSet, memoryNodes }: Controls, host: Host): object {
  if (cpuSet === undefined && memoryNodes === undefined) return {};
  needs(host, ["cpuset"], "sets of cpus");
  checkThere("cpus", cpuSet, "/sys/devices/system/cpu/online");
  checkThere("nodes of memory", memoryNodes, "/sys/devices/system/node/online");
  return {
    ...(cpuSet === undefined ? {} : { cpus: cpuSet }),
    ...(memoryNodes === undefined ? {} : { mems: memoryNodes }),
  };
}

function checkThere(what: string, list: string | undefined, file: string): void {
  if (list === undefined) return;
  let text = "0";
  try {
    text = readFileSync(file, "latin1").trim();
  } catch {
    // A kernel without nodes has one.
  }
  const there = new Set(numbersOf(text) ?? []);
  if ((numbersOf(list) ?? []).some((number) => !there.has(number)))
    throw new LaunchRefusal(`it asks for the ${what} ${list}; this agent has ${text}`);
}

const runtimeNames = {
  readBytesPerSecond: "throttleReadBpsDevice",
  writeBytesPerSecond: "throttleWriteBpsDevice",
  readsPerSecond: "throttleReadIOPSDevice",
  writesPerSecond: "throttleWriteIOPSDevice",
} as const;

function blockIoOf(blockIo: BlockIo, host: Host): object {
  needs(host, ["blkio", "io"], "block devices");
  return {
    // On v1 it is written beforehand.
    ...(blockIo.weight === undefined || host.mode !== "v2" ? {} : { weight: blockIo.weight }),
    ...Object.fromEntries(
      blockRates.flatMap((name) => {
        const rates = blockIo[name] ?? [];
        if (rates.length === 0) return [];
        return [
          [
            runtimeNames[name],
            rates.map(({ device, perSecond }) => ({ ...numberOf(device), rate: perSecond })),
          ],
        ];
      }),
    ),
  };
}

/** By which the kernel knows it. */
function numberOf(device: string): { readonly major: number; readonly minor: number } {
  const status = statSync(device, { throwIfNoEntry: false });
  if (status?.isBlockDevice() !== true)
    throw new LaunchRefusal(`it asks for a bound on ${device}, which is no block device of this agent`);
  const { rdev } = status;
  return { major: (rdev >> 8) & 0xfff, minor: (rdev & 0xff) | ((rdev >> 12) & 0xfff00) };
}

function needs({ controllers }: Host, names: readonly CgroupController[], what: string): void {
  if (names.some((name) => controllers[name] !== undefined)) return;
  throw new LaunchRefusal(
    `it asks for bounds that need the controller of ${what} (${names.join(" or ")}), which this agent's kernel has not mounted`,
  );
}
