/**
 * A container's definition for the OCI runtime (`config.json`), as a pure function of what is wanted.
 *
 * Owns the walls: namespaces, capabilities, seccomp, mounts, masks and limits.
 */

import { existsSync } from "node:fs";
import { limits } from "#base/limits.ts";
import type { Rlimit } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { BundleNetwork } from "../../networks/bundle.ts";
import type { BoundVolume } from "../../volumes/volumes.ts";
import { argvOf, environmentOf } from "../environment.ts";
import { type DeviceNode, librariesInContainer } from "../gpus/nvidia.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { nestedSandboxes } from "../layout.ts";
import type { SecurityLabels } from "../security/security-labels.ts";
import { memoryLimitOf } from "./amounts.ts";
import { usualCapabilities } from "./capabilities.ts";
import type { HostRoot, Mount } from "./host-root.ts";
import { type ResourcesInput, resourcesOf } from "./resources.ts";
import { seccompProfile } from "./seccomp.ts";
import type { ResolvedUser } from "./user.ts";
import type { IdRange } from "./user-ids.ts";
import { hostSys, hostSysMasks, mappingsOf } from "./user-namespace.ts";

const SANDBOX = "/mnt/mesos/sandbox";
/** A nested task's executor's, with what its tasks share. */
const SHARED_SANDBOX = "/mnt/mesos/executor";
const INIT = "/dev/init";
const MEBIBYTE = 1024 * 1024;

/** The kernel's own files that say too much of the host. */
export const maskedKernelPaths = [
  "/proc/acpi",
  "/proc/asound",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
];
const readonlyKernelPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

const seccomp = seccompProfile(process.arch);

export type ConfigInput = ResourcesInput & {
  readonly user: ResolvedUser;
  readonly sandbox: string;
  readonly sharedSandbox: string | undefined;
  /** A host root, or the container's own overlay, which is writable and called `rootfs`. */
  readonly root:
    | { readonly kind: "host"; readonly path: string; readonly host: HostRoot }
    | {
        readonly kind: "overlay";
        /** Where it is, if not in the bundle. */
        readonly path?: string | undefined;
        /** Files of the host's that are shown in place of its own. */
        readonly hostFiles?: readonly string[];
      };
  readonly volumes?: readonly BoundVolume[];
  readonly init: { readonly path: string; readonly args: readonly string[] } | undefined;
  readonly cgroupPath: string;
  /** Undefined: the host's, with its names. */
  readonly network?: BundleNetwork | undefined;
  /** Beside its walls. */
  readonly security?: Pick<SecurityLabels, "process" | "linux"> | undefined;
  /** Undefined: it shares the host's users. */
  readonly ids?: IdRange | undefined;
  readonly rlimits: readonly Rlimit[];
  /** The profile compiled already, for a runtime that takes it so. */
  readonly seccompProgram: string | undefined;
};

/** The process part, which checks share with the task. */
export type ProcessConfig = { readonly args: readonly string[]; readonly [key: string]: unknown };

/** Throws `LaunchRefusal` for a command or an amount that nothing can be made of. */
export function buildConfig(input: ConfigInput): object {
  const { spec, root, init } = input;
  const argv = argvOf(spec.command);
  if (argv[0] === undefined || argv[0] === "" || argv.some((word) => word.includes("\0"))) {
    throw new LaunchRefusal("the command is empty, or holds a NUL character");
  }
  return {
    ociVersion: "1.0.2",
    process: buildProcess(input, init === undefined ? argv : [INIT, ...init.args, ...argv]),
    root:
      root.kind === "host"
        ? { path: root.path, readonly: true }
        : { path: root.path ?? "rootfs", readonly: false },
    mounts: mountsOf(input),
    ...(input.network?.hostname === undefined ? {} : { hostname: input.network.hostname }),
    linux: {
      cgroupsPath: input.cgroupPath,
      namespaces: [
        ...[{ type: "pid" }, { type: "mount" }, { type: "ipc" }, { type: "uts" }],
        ...(input.network?.path === undefined ? [] : [{ type: "network", path: input.network.path }]),
        ...(input.ids === undefined ? [] : [{ type: "user" }]),
      ],
      ...mappingsOf(input.ids),
      ...input.security?.linux,
      resources: resourcesOf(input),
      ...(input.gpus === undefined ? {} : { devices: input.gpus.nodes.map(deviceOf) }),
      ...(input.seccompProgram === undefined ? { seccomp } : {}),
      maskedPaths: [
        ...maskedKernelPaths,
        ...(input.ids === undefined ? [] : hostSysMasks),
        ...(root.kind === "host" ? root.host.maskedPaths : []),
      ],
      readonlyPaths: readonlyKernelPaths,
    },
    // crun's own: compiling the profile anew would be half of what a launch costs.
    ...(input.seccompProgram === undefined
      ? {}
      : { annotations: { "run.oci.seccomp_bpf_data": input.seccompProgram } }),
  };
}

/** For everybody in the container: whoever is not to use it has none. */
const deviceOf = (node: DeviceNode): object => ({ ...node, type: "c", fileMode: 0o666, uid: 0, gid: 0 });

function buildProcess(input: ConfigInput, args: readonly string[]): ProcessConfig {
  const { spec, user } = input;
  const places = { own: SANDBOX, shared: input.sharedSandbox === undefined ? undefined : SHARED_SANDBOX };
  return {
    terminal: false,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids, umask: 0o022 },
    args,
    env: Object.entries(environmentOf(withOwnEnvironment(input), places)).map(
      ([name, value]) => `${name}=${value}`,
    ),
    cwd: workingDirectoryOf(spec.workingDirectory),
    capabilities: usualCapabilities(user.uid === 0),
    noNewPrivileges: true,
    ...input.security?.process,
    rlimits: rlimitEntries(input.rlimits),
  };
}

/** About its GPUs the task may say otherwise, and has no other devices for that. */
function withOwnEnvironment({ spec, gpus, network }: ConfigInput): ContainerSpec {
  const env = { ...gpus?.env, ...spec.env };
  // An executor is not told its address, as with Mesos.
  if (network?.address !== undefined && env.MESOS_CONTAINER_IP !== undefined)
    env.MESOS_CONTAINER_IP = network.address;
  return { ...spec, env };
}

/** The kernel's word for no bound is a number that ours cannot hold; the compiler does not know `rawJSON` yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
const INFINITY = rawJSON(String(2n ** 64n - 1n));
const rlimitAmount = (amount: number | "unlimited"): unknown => (amount === "unlimited" ? INFINITY : amount);

export type RlimitEntry = { readonly type: string; readonly soft: unknown; readonly hard: unknown };

export const rlimitEntries = (rlimits: readonly Rlimit[]): readonly RlimitEntry[] =>
  rlimits.map(({ type, soft, hard }) => ({
    type: `RLIMIT_${type.toUpperCase()}`,
    soft: rlimitAmount(soft),
    hard: rlimitAmount(hard),
  }));

function workingDirectoryOf(wanted: string | undefined): string {
  if (wanted === undefined || wanted === "") return SANDBOX;
  if (wanted.includes("\0")) throw new LaunchRefusal("the working directory holds a NUL character");
  return wanted.startsWith("/") ? wanted : `${SANDBOX}/${wanted}`;
}

function mountsOf(input: ConfigInput): readonly Mount[] {
  const { root, init, user, spec, sandbox, sharedSandbox } = input;
  const memoryBytes = memoryLimitOf(spec);
  // Its pages count against the container's memory; the size only stops a file that could never fit.
  const tmpBytes = Math.min(memoryBytes ?? limits.containerTmpBytesMax, limits.containerTmpBytesMax);
  const owned = `uid=${user.uid},gid=${user.gid}`.split(",");
  const tmpfs = (destination: string, ...options: string[]): Mount => ({
    destination,
    source: "tmpfs",
    type: "tmpfs",
    options: ["nosuid", "nodev", ...options],
  });
  const bind = (destination: string, source: string, ...options: string[]): Mount => ({
    destination,
    source,
    type: "bind",
    options: ["bind", "nosuid", "nodev", ...options],
  });
  const pseudo = (destination: string, type: string, ...options: string[]): Mount => ({
    destination,
    source: type,
    type,
    options: ["nosuid", "noexec", ...options],
  });
  return [
    pseudo("/proc", "proc", "nodev"),
    input.ids === undefined ? pseudo("/sys", "sysfs", "nodev", "ro") : hostSys,
    { destination: "/dev", source: "tmpfs", type: "tmpfs", options: ["nosuid", "mode=755", "size=64k"] },
    pseudo("/dev/pts", "devpts", "newinstance", "ptmxmode=0666", "mode=0620"),
    tmpfs("/dev/shm", "noexec", "mode=1777", `size=${limits.containerShmBytesMax}`),
    pseudo("/dev/mqueue", "mqueue", "nodev"),
    tmpfs("/run", "mode=755", `size=${16 * MEBIBYTE}`, ...owned),
    tmpfs("/tmp", "mode=1777", `size=${tmpBytes}`),
    ...(root.kind === "host" ? root.host.mounts : []),
    ...(root.kind === "host" && existsSync("/var/tmp")
      ? [tmpfs("/var/tmp", "mode=1777", `size=${tmpBytes}`)]
      : []),
    ...(root.kind === "overlay" ? (root.hostFiles ?? []) : []).map((path) => bind(path, path, "ro")),
    // Where the host has no such file, its tasks have no place for it.
    ...(input.network?.files ?? [])
      .filter(({ destination }) => root.kind === "overlay" || existsSync(destination))
      .map(({ destination, source }) => bind(destination, source, "ro")),
    bind(SANDBOX, sandbox, "rw"),
    // What root does in the others' directories must not lead where one of them has put a link.
    ...(sharedSandbox === undefined
      ? []
      : [
          bind(SHARED_SANDBOX, sharedSandbox, "rw"),
          bind(`${SHARED_SANDBOX}/${nestedSandboxes}`, `${sharedSandbox}/${nestedSandboxes}`, "ro"),
        ]),
    ...(input.volumes ?? []).map((volume) => {
      const { destination, isReadOnly } = volume;
      const at = destination.startsWith("/") ? destination : `${SANDBOX}/${destination}`;
      const access = isReadOnly ? "ro" : "rw";
      if ("source" in volume) return bind(at, volume.source, access);
      const { permissions, bytesMax = tmpBytes, mayExecute = false } = volume.tmpfs;
      return tmpfs(
        at,
        access,
        ...(mayExecute ? [] : ["noexec"]),
        ...modeOf(permissions, owned),
        `size=${bytesMax}`,
      );
    }),
    // The host's files are there anyway.
    ...(input.gpus?.libraries === undefined || root.kind === "host"
      ? []
      : [bind(librariesInContainer, input.gpus.libraries, "ro")]),
    ...(init === undefined ? [] : [bind(INIT, init.path, "ro")]),
  ];
}

/** One that anybody may use, as Docker makes it, or the task's own with the rights asked for. */
const modeOf = (permissions: number | undefined, owned: readonly string[]): readonly string[] =>
  permissions === undefined ? ["mode=1777"] : [`mode=${permissions.toString(8)}`, ...owned];
