/**
 * What is asked of a container in one breath and belongs to several parts of a task: as Docker's parameters do.
 *
 * Owns how the parts are put together with what the task says elsewhere. What is said here goes before that.
 */

import type { ContainerNetwork, DnsSettings } from "#model/container-network.ts";
import type { ContainerSettings } from "#model/container-settings.ts";
import type { Volume } from "#model/container-volume.ts";
import type { Controls } from "#model/controls.ts";
import { fromMilli, type Milli, type Resources } from "#model/resources.ts";
import type { ResourceLimit, Rlimit, TaskSpec } from "#model/task.ts";

export type ContainerWishes = {
  readonly settings: ContainerSettings;
  readonly volumes: readonly Volume[];
  readonly rlimits: readonly Rlimit[];
  readonly controls?: Controls | undefined;
  readonly cpuLimit?: ResourceLimit | undefined;
  /** Swap and memory together, as Docker counts. */
  readonly memoryAndSwapBytes?: number | "unlimited" | undefined;
  readonly hostname?: string | undefined;
  readonly dns?: DnsSettings | undefined;
  readonly network?: NetworkWord | undefined;
};

/** A mode, or a network by its name. */
export type NetworkWord = Exclude<ContainerNetwork["mode"], "networks"> | { readonly name: string };

const MEBIBYTE = 1024 * 1024;

export const isNoWish = ({ settings, volumes, rlimits, ...others }: ContainerWishes): boolean =>
  Object.keys(settings).length + volumes.length + rlimits.length === 0 &&
  Object.values(others).every((value) => value === undefined);

/** What is wrong with it for a task of so much memory, if anything. */
export const wishesFault = (
  { memoryAndSwapBytes }: ContainerWishes,
  memory: ResourceLimit,
): string | undefined =>
  swapBytesOf(memoryAndSwapBytes, memory) === "negative"
    ? "the parameter 'memory-swap' of Docker's is memory and swap together: less than memory"
    : undefined;

/** Of a task, as far as it has no volumes, bounds of processes or network. */
export function withWishes(
  { settings, controls, cpuLimit, memoryAndSwapBytes }: ContainerWishes,
  spec: Pick<TaskSpec, "limits" | "controls"> & { readonly resources: Pick<Resources, "mem"> },
): Pick<TaskSpec, "settings" | "controls" | "limits"> {
  const limits = cpuLimit === undefined ? spec.limits : { ...spec.limits, cpus: cpuLimit };
  const swap = swapBytesOf(memoryAndSwapBytes, limits.mem ?? spec.resources.mem);
  const swapBytes = swap === "negative" ? undefined : swap;
  const all: Controls = {
    ...spec.controls,
    ...controls,
    ...(swapBytes === undefined ? {} : { swapBytes }),
  };
  return {
    limits,
    ...(Object.keys(all).length === 0 ? {} : { controls: all }),
    ...(Object.keys(settings).length === 0 ? {} : { settings }),
  };
}

function swapBytesOf(
  total: number | "unlimited" | undefined,
  memory: Milli | "unlimited",
): number | "unlimited" | "negative" | undefined {
  if (total === undefined || total === "unlimited") return total;
  if (memory === "unlimited") return "unlimited";
  const swap = total - Math.round(fromMilli(memory) * MEBIBYTE);
  return swap < 0 ? "negative" : swap;
}

export function withNetworkWishes(
  network: ContainerNetwork | undefined,
  { network: word, hostname, dns }: ContainerWishes,
): ContainerNetwork | undefined {
  if (word === undefined && hostname === undefined && dns === undefined) return network;
  const before = network ?? { mode: "host", networks: [] };
  return {
    ...before,
    ...(word === undefined ? {} : networkOfWord(word, before)),
    ...(hostname === undefined ? {} : { hostname }),
    ...(dns === undefined ? {} : { dns }),
  };
}

function networkOfWord(
  word: NetworkWord,
  { networks }: ContainerNetwork,
): Pick<ContainerNetwork, "mode" | "networks"> {
  if (typeof word === "string") return { mode: word, networks: [] };
  const portMappings = networks.flatMap((each) => each.portMappings);
  return { mode: "networks", networks: [{ name: word.name, portMappings, labels: [] }] };
}
