/**
 * The flags about what holds tasks: users of their own, bounds on block devices, GPUs. The same for an agent and
 * for `unum up`, which hands them on.
 */

import { type BlockRate, controlsFault, type DeviceRate, numbersOf } from "#model/controls.ts";
import type { ContainersOptions } from "#shell/containers/create-containers.ts";
import { detectGpus, type GpuHost } from "#shell/containers/gpus/nvidia.ts";
import { idsPerContainer, usualIds } from "#shell/containers/oci/user-ids.ts";
import { type ProjectBounds, usualProjects } from "#shell/containers/projects/xfs-projects.ts";
import { type FlagKind, type Flags, UsageError } from "./flags.ts";

export const limitFlags = {
  "user-namespaces": "switch",
  "user-ids": "text",
  "block-limit": "list",
  "xfs-projects": "text",
  selinux: "switch",
  "apparmor-profile": "text",
  "seccomp-config-dir": "text",
  "gpu-devices": "text",
  "nvidia-root": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

/** As they were written, so that they can be handed on. */
export type LimitSettings = Pick<
  ContainersOptions,
  "userIds" | "blockIo" | "projects" | "security" | "seccompDirectory"
> & {
  /** By their minor numbers; undefined: all that the host has. */
  readonly gpuDevices: readonly number[] | undefined;
  readonly nvidiaRoot: string;
};

export const limitHelp = `  --user-namespaces     each task gets user and group ids of its own on this host; root in it is nobody here
  --user-ids FIRST-LAST of this host that tasks get, ${idsPerContainer} each (${usualIds.first}-${usualIds.last})
  --block-limit WHAT=DEVICE:N
                        how fast a task may be that asks for nothing else: WHAT is read-bps, write-bps, read-iops
                        or write-iops, N a second; several times
  --xfs-projects FIRST-LAST
                        project numbers for disk bounds that XFS itself holds (${usualProjects.first}-${usualProjects.last})
  --selinux             tasks and their files get SELinux's labels of containers, with categories of their own
  --apparmor-profile NAME
                        a profile of AppArmor's, loaded already, that holds every task
  --seccomp-config-dir DIR
                        of seccomp profiles, in Docker's format, that tasks may ask for by name; an absolute path
  --gpu-devices LIST    NVIDIA's GPUs that it offers, by their minor numbers, such as 0,2; or none (all)
  --nvidia-root DIR     where the tree of their driver begins (/)
`;

const rateNames: Readonly<Record<string, BlockRate>> = {
  "read-bps": "readBytesPerSecond",
  "write-bps": "writeBytesPerSecond",
  "read-iops": "readsPerSecond",
  "write-iops": "writesPerSecond",
};

export function parseLimitFlags(flags: Flags): LimitSettings {
  const userIds = parseUserIds(flags);
  const blockIo = parseBlockLimits(flags.list("block-limit"));
  const projects = parseProjects(flags.text("xfs-projects"));
  const [selinux, appArmorProfile] = [flags.has("selinux"), flags.text("apparmor-profile")];
  const isHeld = selinux || appArmorProfile !== undefined;
  const devices = flags.text("gpu-devices");
  const gpuDevices = devices === "none" ? [] : devices === undefined ? undefined : numbersOf(devices);
  if (devices !== undefined && gpuDevices === undefined)
    throw new UsageError(`--gpu-devices ${devices} is neither none nor a list of numbers such as 0,2.`);
  const seccompDirectory = flags.text("seccomp-config-dir");
  if (seccompDirectory !== undefined && !seccompDirectory.startsWith("/"))
    throw new UsageError(`--seccomp-config-dir ${seccompDirectory} is not an absolute path.`);
  return {
    ...(userIds === undefined ? {} : { userIds }),
    ...(seccompDirectory === undefined ? {} : { seccompDirectory }),
    ...(blockIo === undefined ? {} : { blockIo }),
    ...(projects === undefined ? {} : { projects }),
    ...(isHeld ? { security: { selinux, appArmorProfile } } : {}),
    gpuDevices,
    nvidiaRoot: flags.text("nvidia-root") ?? "/",
  };
}

function parseUserIds(flags: Flags): LimitSettings["userIds"] {
  const text = flags.text("user-ids");
  if (text === undefined) return flags.has("user-namespaces") ? usualIds : undefined;
  if (!flags.has("user-namespaces"))
    throw new UsageError("--user-ids is of use only with --user-namespaces.");
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(text)?.map(Number) ?? [];
  const isRange = first !== undefined && last !== undefined && last < 0xffff_ffff;
  if (!isRange || first < idsPerContainer || last - first + 1 < idsPerContainer)
    throw new UsageError(
      `--user-ids ${text} is not FIRST-LAST with at least ${idsPerContainer} ids, from ${idsPerContainer} to 4294967294.`,
    );
  return { first, last };
}

/** 0 is the project of what belongs to none. */
function parseProjects(text: string | undefined): ProjectBounds | undefined {
  if (text === undefined) return undefined;
  const [, first, last] = /^(\d{1,10})-(\d{1,10})$/.exec(text)?.map(Number) ?? [];
  if (first === undefined || last === undefined || first < 1 || first > last || last > 0xffff_fffe)
    throw new UsageError(`--xfs-projects ${text} is not FIRST-LAST, from 1 to 4294967294.`);
  return { first, last };
}

function parseBlockLimits(list: readonly string[]): LimitSettings["blockIo"] {
  const rates: { [Rate in BlockRate]?: DeviceRate[] } = {};
  for (const text of list) {
    const [, name = "", device, perSecond] = /^([a-z-]+)=(.+):(\d{1,15})$/.exec(text) ?? [];
    const rate = rateNames[name];
    if (rate === undefined || device === undefined)
      throw new UsageError(
        `--block-limit ${text} is not WHAT=DEVICE:N with one of ${Object.keys(rateNames).join(", ")}.`,
      );
    const all = rates[rate] ?? [];
    rates[rate] = [...all, { device, perSecond: Number(perSecond) }];
  }
  const fault = controlsFault({ blockIo: rates });
  if (fault !== undefined) throw new UsageError(`--block-limit: ${fault}.`);
  return list.length === 0 ? undefined : rates;
}

/** The flags again, for an agent that is started with them. */
export const limitArgv = (flags: Flags): readonly string[] =>
  Object.entries(limitFlags).flatMap(([name, kind]) => {
    if (kind === "switch") return flags.has(name) ? [`--${name}`] : [];
    const values =
      kind === "list" ? flags.list(name) : [flags.text(name)].filter((each) => each !== undefined);
    return values.flatMap((value) => [`--${name}`, value]);
  });

export type LimitOptions = Pick<
  ContainersOptions,
  "userIds" | "blockIo" | "projects" | "security" | "seccompDirectory"
> & {
  readonly gpus: GpuHost;
};

/** What the agent's containers are made with: its GPUs are looked for now. */
export const limitOptions = ({
  userIds,
  blockIo,
  projects,
  security,
  seccompDirectory,
  gpuDevices,
  nvidiaRoot,
}: LimitSettings): LimitOptions => ({
  ...(userIds === undefined ? {} : { userIds }),
  ...(blockIo === undefined ? {} : { blockIo }),
  ...(projects === undefined ? {} : { projects }),
  ...(security === undefined ? {} : { security }),
  ...(seccompDirectory === undefined ? {} : { seccompDirectory }),
  gpus: detectGpus(nvidiaRoot, gpuDevices),
});
