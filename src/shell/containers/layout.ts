/**
 * Where an agent keeps what belongs to its containers, below its data directory.
 *
 * Owns every path; other files of this room ask here and join nothing themselves. A container's directory is
 * named by its id, or by a hash of the id where that is no safe file name.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ContainerId, ExecutorId, FrameworkId, TaskId } from "#model/ids.ts";
import { LaunchRefusal } from "./launch-refusal.ts";

export type Layout = {
  readonly directory: string;
  readonly containers: string;
  readonly exits: string;
  readonly sandboxes: string;
  /** Sandboxes on their way out; there only while one is. */
  readonly removed: string;
  /** Of the host's start in which an agent last used all this. */
  readonly bootId: string;
  /** The name of the agent's control groups. */
  readonly cgroupParent: string;
  /** Persistent ones, of the root disk. */
  readonly volumes: string;
  readonly images: string;
  /** What containers have of networks, and the addresses that were given away. */
  readonly networks: string;
  /** Fetched artifacts, and those on their way. */
  readonly fetched: string;
  /** The OCI runtime's own state. */
  readonly runtimeState: string;
  /** Mount points for the host's top-level directories, shared by all containers. */
  readonly hostRootSkeleton: string;
  /** Where a lane mounts a read-only copy of them. */
  readonly hostRoot: string;
};

export const createLayout = (directory: string): Layout => ({
  directory,
  containers: join(directory, "containers"),
  exits: join(directory, "exits"),
  sandboxes: join(directory, "sandboxes"),
  removed: join(directory, "removed"),
  bootId: join(directory, "boot-id"),
  cgroupParent: join(directory, "cgroup-parent"),
  volumes: join(directory, "volumes"),
  images: join(directory, "images"),
  networks: join(directory, "networks"),
  fetched: join(directory, "fetched"),
  runtimeState: join(directory, "runtime"),
  hostRootSkeleton: join(directory, "host-root-skeleton"),
  hostRoot: join(directory, "host-root"),
});

/** Where an executor's sandbox has those of its tasks: they may see each other's there, and write into none. */
export const nestedSandboxes = "tasks";

/** A file name for the container: short, without blanks, and never hidden. */
export function containerName(containerId: ContainerId): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(containerId)) return containerId;
  return `h-${createHash("sha256").update(containerId).digest("hex").slice(0, 40)}`;
}

/**
 * The sandbox of an executor, or of a nested task in it. Of a task with a container of its own the executor's
 * id is its own. Throws `LaunchRefusal` for an id that is no file name.
 */
export function sandboxDirectory(
  sandboxes: string,
  frameworkId: FrameworkId,
  executorId: ExecutorId,
  nestedTaskId?: TaskId,
): string {
  const sandbox = join(sandboxes, fileNameOf("framework", frameworkId), fileNameOf("executor", executorId));
  return nestedTaskId === undefined
    ? sandbox
    : join(sandbox, nestedSandboxes, fileNameOf("task", nestedTaskId));
}

function fileNameOf(what: string, id: string): string {
  const bytes = Buffer.byteLength(id);
  if (id === "" || id === "." || id === ".." || /[/\0]/.test(id) || bytes > 255) {
    throw new LaunchRefusal(`the ${what} id ${JSON.stringify(id)} cannot name a directory`);
  }
  return id;
}
