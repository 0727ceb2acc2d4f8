/**
 * The containers of one agent, made real on this host.
 *
 * Chooses between the OCI runtime and plain processes by what the host was found to do (`detectHost`).
 */

import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { limits } from "#base/limits.ts";
import type { ContainerUsages } from "#ports/container-usage.ts";
import type { Containers } from "#ports/containers.ts";
import { ContainerSessions } from "../exec/sessions.ts";
import { Fetcher } from "../fetcher/fetcher.ts";
import { type FetchPolicy, usualFetchPolicy } from "../fetcher/policy.ts";
import type { PullProgress } from "../images/image-store.ts";
import type { LayerForm } from "../images/layers/unpack-layer.ts";
import { type RegistryPolicy, usualRegistryPolicy } from "../images/registry/policy.ts";
import type { HostVolume } from "../volumes/host-paths.ts";
import { Volumes } from "../volumes/volumes.ts";
import type { Backend } from "./backend.ts";
import { ContainerEngine } from "./engine.ts";
import type { HostAbilities } from "./host-abilities.ts";
import { createLayout, type Layout } from "./layout.ts";
import { OciBackend } from "./oci/oci-backend.ts";
import { PlainBackend } from "./plain/plain-backend.ts";
import { findProgram } from "./programs.ts";
import { Sandboxes } from "./sandboxes.ts";

export type ContainersOptions = {
  /** From `detectHost`. */
  readonly host: HostAbilities;
  /** The agent's data directory; made if it is not there. */
  readonly directory: string;
  /** Names the agent's control groups, together with its directory. */
  readonly agentName: string;
  readonly allowRoot?: boolean;
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
  /** Further host paths to hide; the data directory itself always is. */
  readonly maskedPaths?: readonly string[];
  /** Holds every task to its cpus, not only those with a limit of their own. */
  readonly enforceCpuQuota?: boolean;
  readonly pidsMax?: number;
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
    /** Commands inside of them; absent where nothing isolates them. */
    readonly sessions?: ContainerSessions;
    /** Lets go of the containers; they run on. */
    close(): Promise<void>;
  };

const POLL_MS = 2_000;

export function createContainers(options: ContainersOptions): AgentContainers {
  mkdirSync(options.directory, { recursive: true });
  const directory = realpathSync(options.directory);
  const layout = createLayout(directory);
  const { host } = options;
  const userPolicy = { allowRoot: options.allowRoot ?? false, defaultUser: options.defaultUser ?? "nobody" };
  const registries = { ...usualRegistryPolicy, ...options.registries };
  const fetcher = new Fetcher({
    ...{ ...usualFetchPolicy, ...options.fetching },
    directory: layout.fetched,
    certificateDirectories: registries.certificateDirectories,
  });
  const volumes = new Volumes({
    layout,
    hostVolumes: options.hostVolumes ?? [],
    hiddenPaths: [directory, ...(options.maskedPaths ?? [])],
  });
  const backend =
    host.kind === "plain"
      ? new PlainBackend({ host, layout, userPolicy, fetcher, volumes })
      : new OciBackend({
          host,
          layout,
          userPolicy,
          cgroupParent: cgroupParent(options.agentName, directory),
          roots: {
            allowedDirectories: options.allowedImageDirectories ?? [],
            registries,
            onPull: options.onPull,
            form: options.layerForm,
          },
          fetcher,
          volumes,
          visiblePaths: options.visiblePaths ?? [],
          maskedPaths: options.maskedPaths ?? [],
          enforceCpuQuota: options.enforceCpuQuota ?? false,
          pidsMax: options.pidsMax ?? limits.containerPidsMax,
        });
  const engine = new ContainerEngine({
    layout,
    backend,
    volumes,
    sandboxes: new Sandboxes({
      layout,
      outputBytesMax: options.sandboxOutputBytesMax ?? limits.sandboxOutputBytesMax,
      outputFilesMax: options.sandboxOutputFilesMax ?? limits.sandboxOutputFilesMax,
      enforceDisk: options.enforceDisk ?? true,
    }),
    lanes: Math.max(2, Math.min(limits.launchLanesMax, availableParallelism())),
    pollMs: options.pollMs ?? POLL_MS,
    watch: {
      diskWatchMs: options.diskWatchMs ?? limits.diskWatchIntervalMs,
      portsWatchMs: options.portsWatchMs ?? limits.portsWatchIntervalMs,
      enforcePorts: options.enforcePorts ?? false,
      report: options.report ?? (() => {}),
    },
  });
  const sessions = createSessions(host, layout, backend, engine);
  return Object.assign(engine, {
    pruneImages: (keep: readonly string[]) => backend.prune(keep),
    ...(sessions === undefined ? {} : { sessions }),
  });
}

/** None where nothing isolates tasks: there is no inside of a container. */
function createSessions(
  host: HostAbilities,
  layout: Layout,
  backend: Backend,
  engine: ContainerEngine,
): ContainerSessions | undefined {
  if (host.kind === "plain") return undefined;
  const { runtime, hiddenMount = "" } = host;
  const found = findProgram("script");
  return new ContainerSessions({
    runtime: async () => ({
      ...{ path: runtime.path, state: layout.runtimeState, hiddenMount },
      script: await found,
    }),
    containerOf: (id) => engine.running(id),
    processesOf: (container) => backend.processesOf(container),
  });
}

/** Two agents of one name on one host, from different directories, must never share a group. */
export function cgroupParent(agentName: string, directory: string): string {
  const name = agentName.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 40) || "agent";
  return `/unum/${name}-${createHash("sha256").update(directory).digest("hex").slice(0, 8)}`;
}
