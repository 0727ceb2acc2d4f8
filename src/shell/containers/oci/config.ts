/**
 * A container's definition for the OCI runtime (`config.json`), as a pure function of what is wanted.
 *
 * Owns the walls: namespaces, capabilities, seccomp, mounts, masks and limits. The network is the host's.
 */

import { existsSync } from "node:fs";
import { limits } from "#base/limits.ts";
import type { Rlimit } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { BoundVolume } from "../../volumes/volumes.ts";
import { argvOf, environmentOf } from "../environment.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import { CPU_PERIOD_US, cpuQuotaOf, cpuSharesOf, memoryLimitOf, memoryRequestOf } from "./amounts.ts";
import type { HostRoot, Mount } from "./host-root.ts";
import { seccompProfile } from "./seccomp.ts";
import type { ResolvedUser } from "./user.ts";

const SANDBOX = "/mnt/mesos/sandbox";
/** A nested task's executor's, with what its tasks share. */
const SHARED_SANDBOX = "/mnt/mesos/executor";
const INIT = "/dev/init";
const MEBIBYTE = 1024 * 1024;

/** What root keeps where policy allows root: enough to own files, drop to a user and bind a low port. */
const rootCapabilities = [
  "CAP_CHOWN",
  "CAP_DAC_OVERRIDE",
  "CAP_FOWNER",
  "CAP_FSETID",
  "CAP_KILL",
  "CAP_NET_BIND_SERVICE",
  "CAP_SETGID",
  "CAP_SETPCAP",
  "CAP_SETUID",
];

const maskedKernelPaths = [
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

export type ConfigInput = {
  readonly spec: ContainerSpec;
  readonly user: ResolvedUser;
  readonly sandbox: string;
  readonly sharedSandbox: string | undefined;
  /** A host root, or the container's own overlay, which is writable and called `rootfs`. */
  readonly root:
    | { readonly kind: "host"; readonly path: string; readonly host: HostRoot }
    | {
        readonly kind: "overlay";
        /** Files of the host's that are shown in place of its own. */
        readonly hostFiles?: readonly string[];
      };
  readonly volumes?: readonly BoundVolume[];
  readonly init: { readonly path: string; readonly args: readonly string[] } | undefined;
  readonly cgroupPath: string;
  readonly swapLimit: boolean;
  readonly enforceCpuQuota: boolean;
  readonly pidsMax: number;
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
    root: root.kind === "host" ? { path: root.path, readonly: true } : { path: "rootfs", readonly: false },
    mounts: mountsOf(input),
    linux: {
      cgroupsPath: input.cgroupPath,
      namespaces: [{ type: "pid" }, { type: "mount" }, { type: "ipc" }, { type: "uts" }],
      resources: resourcesOf(input),
      ...(input.seccompProgram === undefined ? { seccomp } : {}),
      maskedPaths: [...maskedKernelPaths, ...(root.kind === "host" ? root.host.maskedPaths : [])],
      readonlyPaths: readonlyKernelPaths,
    },
    // crun's own: compiling the profile anew would be half of what a launch costs.
    ...(input.seccompProgram === undefined
      ? {}
      : { annotations: { "run.oci.seccomp_bpf_data": input.seccompProgram } }),
  };
}

function buildProcess(input: ConfigInput, args: readonly string[]): ProcessConfig {
  const { spec, user } = input;
  const capabilities = user.uid === 0 ? rootCapabilities : [];
  const places = { own: SANDBOX, shared: input.sharedSandbox === undefined ? undefined : SHARED_SANDBOX };
  return {
    terminal: false,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids, umask: 0o022 },
    args,
    env: Object.entries(environmentOf(spec, places)).map(([name, value]) => `${name}=${value}`),
    cwd: workingDirectoryOf(spec.workingDirectory),
    capabilities: {
      bounding: capabilities,
      effective: capabilities,
      permitted: capabilities,
      inheritable: [],
      ambient: [],
    },
    noNewPrivileges: true,
    rlimits: input.rlimits.map(({ type, soft, hard }) => ({
      type: `RLIMIT_${type.toUpperCase()}`,
      soft: rlimitAmount(soft),
      hard: rlimitAmount(hard),
    })),
  };
}

/** The kernel's word for no bound is a number that ours cannot hold; the compiler does not know `rawJSON` yet. */
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };
const INFINITY = rawJSON(String(2n ** 64n - 1n));
const rlimitAmount = (amount: number | "unlimited"): unknown => (amount === "unlimited" ? INFINITY : amount);

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
    pseudo("/sys", "sysfs", "nodev", "ro"),
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
    bind(SANDBOX, sandbox, "rw"),
    ...(sharedSandbox === undefined ? [] : [bind(SHARED_SANDBOX, sharedSandbox, "rw")]),
    ...(input.volumes ?? []).map(({ destination, source: from, isReadOnly }) => {
      const at = destination.startsWith("/") ? destination : `${SANDBOX}/${destination}`;
      return bind(at, from, isReadOnly ? "ro" : "rw");
    }),
    ...(init === undefined ? [] : [bind(INIT, init.path, "ro")]),
  ];
}

function resourcesOf({ spec, swapLimit, enforceCpuQuota, pidsMax }: ConfigInput): object {
  const memoryBytes = memoryLimitOf(spec);
  const quota = cpuQuotaOf(spec, enforceCpuQuota);
  return {
    cpu: {
      shares: cpuSharesOf(spec),
      ...(quota === undefined ? {} : { quota, period: CPU_PERIOD_US }),
    },
    memory: {
      reservation: memoryRequestOf(spec),
      ...(memoryBytes === undefined ? {} : { limit: memoryBytes }),
      ...(memoryBytes === undefined || !swapLimit ? {} : { swap: memoryBytes }),
    },
    pids: { limit: pidsMax },
    // The runtimes themselves allow the harmless ones that they put into /dev.
    devices: [{ allow: false, access: "rwm" }],
  };
}
