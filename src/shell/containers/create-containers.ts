/**
 * The containers of one agent, made real on this host.
 *
 * Chooses between the OCI runtime and plain processes by what the host was found to do (`detectHost`).
 */

import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { limits } from "#base/limits.ts";
import type { Containers } from "#ports/containers.ts";
import { ContainerEngine } from "./engine.ts";
import type { HostAbilities } from "./host-abilities.ts";
import { createLayout } from "./layout.ts";
import { OciBackend } from "./oci/oci-backend.ts";
import { PlainBackend } from "./plain/plain-backend.ts";

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
  /** Host paths that tasks see read-only although they would be hidden, such as one below /home. */
  readonly visiblePaths?: readonly string[];
  /** Further host paths to hide; the data directory itself always is. */
  readonly maskedPaths?: readonly string[];
  /** Holds every task to its cpus, not only those with a limit of their own. */
  readonly enforceCpuQuota?: boolean;
  readonly pidsMax?: number;
  readonly sandboxOutputBytesMax?: number;
  readonly sandboxOutputFilesMax?: number;
  /** How often missed exits are looked for and outputs rotated. */
  readonly pollMs?: number;
};

export type AgentContainers = Containers & {
  /** One line for people, such as `crun 1.8.1 under conmon 2.1.6, cgroup hybrid`. */
  readonly isolation: string;
  /** Kills and removes every container, and all that they shared on this host. Sandboxes stay. */
  destroyAll(): Promise<void>;
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
  const backend =
    host.kind === "plain"
      ? new PlainBackend({ host, layout, userPolicy })
      : new OciBackend({
          host,
          layout,
          userPolicy,
          cgroupParent: cgroupParent(options.agentName, directory),
          allowedImageDirectories: options.allowedImageDirectories ?? [],
          visiblePaths: options.visiblePaths ?? [],
          maskedPaths: options.maskedPaths ?? [],
          enforceCpuQuota: options.enforceCpuQuota ?? false,
          pidsMax: options.pidsMax ?? limits.containerPidsMax,
        });
  return new ContainerEngine({
    layout,
    backend,
    lanes: Math.max(2, Math.min(limits.launchLanesMax, availableParallelism())),
    pollMs: options.pollMs ?? POLL_MS,
    outputBytesMax: options.sandboxOutputBytesMax ?? limits.sandboxOutputBytesMax,
    outputFilesMax: options.sandboxOutputFilesMax ?? limits.sandboxOutputFilesMax,
  });
}

/** Two agents of one name on one host, from different directories, must never share a group. */
export function cgroupParent(agentName: string, directory: string): string {
  const name = agentName.replaceAll(/[^A-Za-z0-9_-]/g, "-").slice(0, 40) || "agent";
  return `/unum/${name}-${createHash("sha256").update(directory).digest("hex").slice(0, 8)}`;
}
