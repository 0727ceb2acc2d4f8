/**
 * What a task asks of its container beside the usual, put into the definition for the OCI runtime.
 *
 * Owns what needs the operator's word (`--allow-privileged`): whatever reaches beyond the container, or adds to the
 * rights that root has in one. Nothing is passed over: what cannot be had is refused.
 */

import type { ContainerSettings } from "#model/container-settings.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { capabilitiesFor } from "./capabilities.ts";
import { allDevices, type DeviceNode, deviceNodes, deviceRules } from "./devices.ts";
import type { Mount } from "./host-root.ts";
import { namedSeccompProfile } from "./seccomp-profiles.ts";
import type { ResolvedUser } from "./user.ts";

export type SettingsInput = {
  readonly user: ResolvedUser;
  readonly allowPrivileged: boolean;
  /** With settings of its own for it. */
  readonly hasOwnNetwork: boolean;
  /** Of the groups that the settings name, in the task's root file system. */
  readonly groups: readonly number[];
  /** Where the operator keeps filters of system calls. */
  readonly seccompDirectory?: string | undefined;
};

/** The parts of a definition that settings concern. */
type Config = {
  readonly process: object & {
    readonly user: object;
    readonly capabilities?: { readonly bounding: readonly string[] };
  };
  readonly root: object;
  readonly mounts: readonly Mount[];
  readonly annotations?: object;
  readonly linux: {
    readonly namespaces: readonly { readonly type: string }[];
    readonly resources: {
      readonly pids: { readonly limit: number };
      readonly devices: readonly object[];
    };
    readonly devices?: readonly { readonly path: string }[];
    readonly seccomp?: object;
    readonly maskedPaths: readonly string[];
    readonly readonlyPaths: readonly string[];
  };
};

/** `kernelPaths`: those that are masked because of what the kernel shows there, and no secret of the host's. */
export function applySettings(
  definition: object,
  settings: ContainerSettings | undefined,
  input: SettingsInput,
  kernelPaths: readonly string[],
): object {
  if (settings === undefined) return definition;
  checkPolicy(settings, input);
  const config = definition as Config;
  const { privileged = false, readOnlyRoot = false } = settings;
  const devices = privileged ? allDevices() : deviceNodes(settings.devices ?? []);
  const process = processOf(config, settings, input);
  const filter = filterOf(config, settings, input, process.capabilities?.bounding);
  return {
    ...config,
    process,
    ...(readOnlyRoot ? { root: { ...config.root, readonly: true } } : {}),
    mounts: config.mounts.map((mount) => mountOf(mount, settings)),
    ...withoutFilter(config, settings),
    linux: linuxOf(config, settings, devices, kernelPaths, filter),
  };
}

/** The filter that is asked for goes before what a privileged container has, which is none. */
function filterOf(
  { linux, process }: Config,
  { privileged, unconfined, seccompProfile }: ContainerSettings,
  { seccompDirectory }: SettingsInput,
  bounding: readonly string[] = process.capabilities?.bounding ?? [],
): object | undefined {
  if (seccompProfile !== undefined) return namedSeccompProfile(seccompDirectory, seccompProfile, bounding);
  return privileged === true || unconfined === true ? undefined : linux.seccomp;
}

function processOf(
  { process }: Config,
  settings: ContainerSettings,
  { user, groups, allowPrivileged }: SettingsInput,
): Config["process"] {
  const { privileged = false, oomScoreAdjustment } = settings;
  const { capabilities } = settings;
  return {
    ...process,
    user: { ...process.user, additionalGids: [...new Set([...user.additionalGids, ...groups])] },
    ...(privileged || capabilities !== undefined
      ? { capabilities: capabilitiesFor(settings, user.uid === 0, allowPrivileged) }
      : {}),
    ...(privileged ? { noNewPrivileges: false } : {}),
    ...(oomScoreAdjustment === undefined ? {} : { oomScoreAdj: oomScoreAdjustment }),
  };
}

/** crun's own form of the filter is an annotation. */
function withoutFilter({ annotations }: Config, settings: ContainerSettings): object {
  const { privileged, unconfined, seccompProfile } = settings;
  const isUsual = privileged !== true && unconfined !== true && seccompProfile === undefined;
  if (annotations === undefined || isUsual) return {};
  const kept = Object.entries(annotations).filter(([name]) => name !== "run.oci.seccomp_bpf_data");
  return { annotations: Object.fromEntries(kept) };
}

function linuxOf(
  { linux }: Config,
  settings: ContainerSettings,
  devices: readonly DeviceNode[],
  kernelPaths: readonly string[],
  seccomp: object | undefined,
): object {
  const { privileged = false, hostIpc = false, sysctls, pidsMax } = settings;
  const { namespaces, resources, maskedPaths, readonlyPaths } = linux;
  const rules = privileged ? [{ allow: true, access: "rwm" }] : deviceRules(devices, settings.devices ?? []);
  return {
    ...linux,
    namespaces: hostIpc ? namespaces.filter(({ type }) => type !== "ipc") : namespaces,
    resources: {
      ...resources,
      devices: [...resources.devices, ...rules],
      ...(pidsMax === undefined ? {} : { pids: { limit: Math.min(pidsMax, resources.pids.limit) } }),
    },
    seccomp,
    ...(sysctls === undefined ? {} : { sysctl: sysctls }),
    // GPUs are there already.
    ...(devices.length === 0 ? {} : { devices: withDevices(linux.devices, devices) }),
    maskedPaths: privileged ? maskedPaths.filter((path) => !kernelPaths.includes(path)) : maskedPaths,
    readonlyPaths: privileged ? [] : readonlyPaths,
  };
}

const withDevices = (
  there: Config["linux"]["devices"] = [],
  more: readonly DeviceNode[],
): readonly object[] => [...there, ...more.filter(({ path }) => there.every((node) => node.path !== path))];

function mountOf(mount: Mount, { privileged, shmBytes, hostIpc }: ContainerSettings): Mount {
  const { destination, options } = mount;
  if (hostIpc === true && (destination === "/dev/shm" || destination === "/dev/mqueue"))
    return {
      destination,
      source: destination,
      type: "bind",
      options: ["rbind", "nosuid", "nodev", "noexec"],
    };
  if (shmBytes !== undefined && destination === "/dev/shm")
    return {
      ...mount,
      options: options.map((option) => (option.startsWith("size=") ? `size=${shmBytes}` : option)),
    };
  if (privileged === true && destination === "/sys")
    return { ...mount, options: options.map((option) => (option === "ro" ? "rw" : option)) };
  return mount;
}

function checkPolicy(settings: ContainerSettings, { allowPrivileged, hasOwnNetwork }: SettingsInput): void {
  const { privileged, unconfined, devices = [], hostIpc, oomScoreAdjustment = 0, sysctls = {} } = settings;
  const wants = [
    [privileged === true, "a privileged container"],
    [unconfined === true, "system calls without a filter"],
    [devices.length > 0, `the device ${devices[0]?.hostPath}`],
    [hostIpc === true, "the host's ipc"],
    [oomScoreAdjustment < 0, "to be spared when memory is short"],
  ] as const;
  const [, wanted] = wants.find(([isWanted]) => isWanted) ?? [];
  if (wanted !== undefined && !allowPrivileged)
    throw new LaunchRefusal(
      `it asks for ${wanted}, which this agent does not allow (--allow-privileged)`,
      "task-unauthorized",
    );
  for (const name of Object.keys(sysctls)) checkSysctl(name, hasOwnNetwork, hostIpc === true);
}

/** Of a container's own namespaces; any other is the host's. */
const ipcSysctl =
  /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\.\w+)$/;

function checkSysctl(name: string, hasOwnNetwork: boolean, hasHostIpc: boolean): void {
  const why = name.startsWith("net.")
    ? hasOwnNetwork
      ? undefined
      : "the task shares the host's network"
    : ipcSysctl.test(name)
      ? hasHostIpc
        ? "the task shares the host's ipc"
        : undefined
      : "it is the whole host's";
  if (why !== undefined)
    throw new LaunchRefusal(`it asks for the kernel setting ${name}, and ${why}`, "task-unauthorized");
}
