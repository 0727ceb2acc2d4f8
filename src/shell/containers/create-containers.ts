/**
 * The containers of one agent, made real on this host.
 *
 * Chooses between the OCI runtime and plain processes by what the host was found to do (`detectHost`).
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { limits } from "#base/limits.ts";
import type { BlockIo } from "#model/controls.ts";
import type { HeadroomPolicy } from "#model/disk-headroom.ts";
import type { ContainerUsages } from "#ports/container-usage.ts";
import type { Containers } from "#ports/containers.ts";
import { FollowedOutputs } from "../exec/followed-output.ts";
import type { NestedPolicy } from "../exec/nested-process.ts";
import { ContainerSessions } from "../exec/sessions.ts";
import { Fetcher } from "../fetcher/fetcher.ts";
import { type FetchPolicy, usualFetchPolicy } from "../fetcher/policy.ts";
import type { PullProgress } from "../images/image-store.ts";
import type { LayerForm } from "../images/layers/unpack-layer.ts";
import { type RegistryPolicy, usualRegistryPolicy } from "../images/registry/policy.ts";
import { type NetworkOptions, usualNetworkOptions } from "../networks/container-networks.ts";
import { PrivateMemory } from "../secrets/private-memory.ts";
import { SecretFiles } from "../secrets/secret-files.ts";
import type { HostVolume } from "../volumes/host-paths.ts";
import type { ShownVolume } from "../volumes/shown-volumes.ts";
import { Volumes } from "../volumes/volumes.ts";
import type { Backend } from "./backend.ts";
import { type DiskUse, measureDisk } from "./disk-headroom.ts";
import { ContainerEngine } from "./engine.ts";
import { type GpuHost, noGpus } from "./gpus/nvidia.ts";
import type { HostAbilities } from "./host-abilities.ts";
import { LaunchProgress } from "./launch-progress.ts";
import { createLayout, type Layout } from "./layout.ts";
import { OciBackend } from "./oci/oci-backend.ts";
import { type IdBounds, UserNamespaces } from "./oci/user-namespaces.ts";
import { PlainBackend } from "./plain/plain-backend.ts";
import { findProgram } from "./programs.ts";
import { DiskProjects } from "./projects/disk-projects.ts";
import { type ProjectBounds, usualProjects } from "./projects/xfs-projects.ts";
import { ownHardLimits } from "./rlimits.ts";
import { Sandboxes } from "./sandboxes.ts";
import type { SecurityWish } from "./security/security-labels.ts";

export type ContainersOptions = {
  /** From `detectHost`. */
  readonly host: HostAbilities;
  /** The agent's data directory; made if it is not there. */
  readonly directory: string;
  /** Names the agent's control groups, together with its directory. */
  readonly agentName: string;
  readonly allowRoot?: boolean;
  /** Containers may have rights that reach beyond them. */
  readonly allowPrivileged?: boolean;
  /** Of filters of system calls that tasks may ask for by name. */
  readonly seccompDirectory?: string | undefined;
  /** A name or number; `nobody` unless given. */
  readonly defaultUser?: string;
  /** Images in `file` roots must lie below one of these. */
  readonly allowedImageDirectories?: readonly string[];
  readonly registries?: Partial<RegistryPolicy>;
  readonly fetching?: Partial<FetchPolicy>;
  /** Told how far the pull of an image is. */
  readonly onPull?: (progress: PullProgress) => void;
  /** Instead of what the host was found to do. */
  readonly layerForm?: LayerForm;
  /** Host paths that tasks see read-only although they would be hidden, such as one below /home. */
  readonly visiblePaths?: readonly string[];
  /** Host directories whose contents tasks may have as volumes. */
  readonly hostVolumes?: readonly HostVolume[];
  /** What the operator keeps for tasks to refer to, by name. */
  readonly secretsDirectory?: string | undefined;
  /** Further host paths to hide; the data directory itself always is. */
  readonly maskedPaths?: readonly string[];
  /** Holds every task to its cpus, not only those with a limit of their own. */
  readonly enforceCpuQuota?: boolean;
  readonly pidsMax?: number;
  /** Of containers that do not share the host's. */
  readonly networks?: Partial<NetworkOptions>;
  /** Numbers of XFS projects that sandboxes and volumes may have. */
  readonly projects?: ProjectBounds | undefined;
  /** What holds tasks beside their walls; nothing unless told. */
  readonly security?: Partial<SecurityWish> | undefined;
  /** That tasks may have; from `detectGpus`. */
  readonly gpus?: GpuHost | undefined;
  /** How fast a task that asks for nothing else may use block devices. */
  readonly blockIo?: BlockIo | undefined;
  /** Of this host, for user namespaces of containers; undefined: they share the host's users. */
  readonly userIds?: IdBounds | undefined;
  /** How long what nobody needs any more is kept, and how much of the disk is to be free. */
  readonly headroom?: HeadroomPolicy;
  /** Ends tasks whose sandbox is larger than the disk that they asked for; yes unless told otherwise. */
  readonly enforceDisk?: boolean;
  readonly diskWatchMs?: number;
  /** Ends tasks that listen on ports that they were not given; no unless told, when they are reported. */
  readonly enforcePorts?: boolean;
  readonly portsWatchMs?: number;
  /** A sentence about a task that does what it should not. */
  readonly report?: (
    sentence: string,
    task: { readonly frameworkId: string; readonly executorId: string },
  ) => void;
  /** A sentence about what could not be freed on this host. */
  readonly reportHost?: (sentence: string) => void;
  readonly sandboxOutputBytesMax?: number;
  readonly sandboxOutputFilesMax?: number;
  /** How often missed exits are looked for and outputs rotated. */
  readonly pollMs?: number;
};

export type AgentContainers = Containers &
  ContainerUsages & {
    /** One line for people, such as `crun 1.8.1 under conmon 2.1.6, cgroup hybrid`. */
    readonly isolation: string;
    /** Kills and removes every container, and all that they shared on this host. Sandboxes stay. */
    destroyAll(): Promise<void>;
    /**
     * Forgets images that no container uses, but for those of these names; gives the digests of those that
     * went.
     */
    pruneImages(keep: readonly string[]): Promise<readonly string[]>;
    /**
     * Measures the agent's disk; images and fetched files that nothing used for longer than it has room for
     * are forgotten.
     */
    lookAfterDisk(): Promise<DiskUse>;
    /** What they have in the sandbox of an executor that its directory does not show. */
    volumesIn(sandbox: string): Promise<readonly ShownVolume[]>;
    /** Commands inside of them; absent where nothing isolates them. */
    readonly sessions?: ContainerSessions;
    /** Lets go of the containers; they run on. */
    close(): Promise<void>;
  };

const POLL_MS = 2_000;

const usualHeadroom: HeadroomPolicy = {
  delayMs: limits.unusedFilesKeptMs,
  headroomShare: limits.diskHeadroomShare,
};

export function createContainers(options: ContainersOptions): AgentContainers {
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const layout = createLayout(directory);
  const { host } = options;
  const userPolicy = { allowRoot: options.allowRoot ?? false, defaultUser: options.defaultUser ?? "nobody" };
  const registries = { ...usualRegistryPolicy, ...options.registries };
  const progress = new LaunchProgress();
  const fetcher = new Fetcher({
    ...{ ...usualFetchPolicy, ...options.fetching },
    directory: layout.fetched,
    progress,
    certificateDirectories: registries.certificateDirectories,
  });
  const { secretsDirectory, maskedPaths = [] } = options;
  const secrets = new SecretFiles(secretsDirectory);
  secrets.check();
  const memory = new PrivateMemory(directory);
  const hidden = [...maskedPaths, ...(secretsDirectory === undefined ? [] : [secretsDirectory])];
  const projects = new DiskProjects({
    bounds: options.projects ?? usualProjects,
    report: options.reportHost ?? (() => {}),
  });
  const volumes = new Volumes({
    layout,
    projects,
    hostVolumes: options.hostVolumes ?? [],
    hiddenPaths: [directory, ...hidden],
    secrets,
    memory,
  });
  const backend =
    host.kind === "plain"
      ? new PlainBackend({ host, layout, userPolicy, fetcher, volumes })
      : new OciBackend({
          host,
          layout,
          userPolicy,
          cgroupParent: lastingCgroupParent(layout, options.agentName),
          roots: {
            allowedDirectories: options.allowedImageDirectories ?? [],
            registries,
            onPull: options.onPull,
            progress,
            form: options.layerForm,
          },
          fetcher,
          volumes,
          allowPrivileged: options.allowPrivileged ?? false,
          seccompDirectory: options.seccompDirectory,
          secrets,
          memory,
          visiblePaths: options.visiblePaths ?? [],
          maskedPaths: hidden,
          enforceCpuQuota: options.enforceCpuQuota ?? false,
          networks: { ...usualNetworkOptions, ...options.networks },
          report: options.reportHost ?? (() => {}),
          gpus: options.gpus ?? noGpus,
          security: { selinux: false, appArmorProfile: undefined, ...options.security },
          blockIo: options.blockIo,
          users: new UserNamespaces(options.userIds),
          pidsMax: options.pidsMax ?? limits.containerPidsMax,
        });
  const outputs = new FollowedOutputs();
  const engine = createEngine(options, layout, backend, volumes, outputs, projects, progress);
  const policy = { users: userPolicy, hardLimits: ownHardLimits() };
  const sessions = createSessions(host, layout, backend, engine, outputs, policy);
  return Object.assign(engine, {
    pruneImages: (keep: readonly string[]) => backend.prune(keep),
    lookAfterDisk: async (): Promise<DiskUse> => {
      const measure = (): Promise<DiskUse> => measureDisk(directory, options.headroom ?? usualHeadroom);
      await backend.collect(measure);
      return await measure();
    },
    volumesIn: (sandbox: string) =>
      volumes.shownOf(engine.held().filter((held) => (held.sharedSandbox ?? held.sandbox) === sandbox)),
    ...(sessions === undefined ? {} : { sessions }),
  });
}

/** What nothing isolates cannot be kept from anybody: then nobody has GPUs. */
function createEngine(
  options: ContainersOptions,
  layout: Layout,
  backend: Backend,
  volumes: Volumes,
  outputs: FollowedOutputs,
  projects: DiskProjects,
  progress: LaunchProgress,
): ContainerEngine {
  return new ContainerEngine({
    layout,
    backend,
    volumes,
    progress,
    gpus: options.host.kind === "oci" ? (options.gpus ?? noGpus).gpus : [],
    sandboxes: new Sandboxes({
      layout,
      outputBytesMax: options.sandboxOutputBytesMax ?? limits.sandboxOutputBytesMax,
      outputFilesMax: options.sandboxOutputFilesMax ?? limits.sandboxOutputFilesMax,
      enforceDisk: options.enforceDisk ?? true,
      projects,
      outputs,
    }),
    lanes: Math.max(2, Math.min(limits.launchLanesMax, availableParallelism())),
    pollMs: options.pollMs ?? POLL_MS,
    reportHost: options.reportHost ?? (() => {}),
    watch: {
      countedBytes: () => projects.usedBytes(),
      diskWatchMs: options.diskWatchMs ?? limits.diskWatchIntervalMs,
      portsWatchMs: options.portsWatchMs ?? limits.portsWatchIntervalMs,
      enforcePorts: options.enforcePorts ?? false,
      report: options.report ?? (() => {}),
    },
  });
}

/** None where nothing isolates tasks: there is no inside of a container. */
function createSessions(
  host: HostAbilities,
  layout: Layout,
  backend: PlainBackend | OciBackend,
  engine: ContainerEngine,
  outputs: FollowedOutputs,
  policy: NestedPolicy,
): ContainerSessions | undefined {
  if (host.kind === "plain" || backend.kind === "plain") return undefined;
  const { runtime, hiddenMount = "" } = host;
  const found = findProgram("script");
  return new ContainerSessions({
    runtime: async () => ({
      ...{ name: runtime.name, path: runtime.path, state: layout.runtimeState, hiddenMount },
      script: await found,
      policy,
    }),
    containerOf: (id) => engine.running(id),
    processesOf: (container) => backend.processesOf(container),
    groups: backend.nestedGroups,
    outputs,
  });
}

/** An agent that is given another name, or whose directory is moved, finds its containers where they were. */
function lastingCgroupParent({ directory, cgroupParent: file }: Layout, agentName: string): string {
  try {
    const known = readFileSync(file, "utf8");
    if (/^\/unum\/[A-Za-z0-9_-]{1,49}$/.test(known)) return known;
  } catch {
    // This is the first agent there.
  }
  const parent = cgroupParent(agentName, directory);
  writeFileSync(file, parent);
  return parent;
}

/** Two agents of one name on one host, from different directories, must never share a group. */
export function cgroupParent(agentName: string, directory: string): string {
  const name = agentName.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 40) || "agent";
  return `/unum/${name}-${createHash("sha256").update(directory).digest("hex").slice(0, 8)}`;
}
