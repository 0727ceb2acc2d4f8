/**
 * Where an agent keeps what belongs to its containers, below its data directory.
 *
 * Owns every path; other files of this room ask here and join nothing themselves. A container's directory is
 * named by its id, or by a hash of the id where that is no safe file name.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { ContainerId, FrameworkId, TaskId } from "#model/ids.ts";
import { LaunchRefusal } from "./launch-refusal.ts";

export type Layout = {
  readonly directory: string;
  readonly containers: string;
  readonly exits: string;
  readonly sandboxes: string;
  readonly images: string;
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
  images: join(directory, "images"),
  runtimeState: join(directory, "runtime"),
  hostRootSkeleton: join(directory, "host-root-skeleton"),
  hostRoot: join(directory, "host-root"),
});

/** A file name for the container: short, without blanks, and never hidden. */
export function containerName(containerId: ContainerId): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(containerId)) return containerId;
  return `h-${createHash("sha256").update(containerId).digest("hex").slice(0, 40)}`;
}

/** The sandbox of a task. Throws `LaunchRefusal` for an id that is no file name. */
export function sandboxDirectory(sandboxes: string, frameworkId: FrameworkId, taskId: TaskId): string {
  return join(sandboxes, fileNameOf("framework", frameworkId), fileNameOf("task", taskId));
}

function fileNameOf(what: string, id: string): string {
  const bytes = Buffer.byteLength(id);
  if (id === "" || id === "." || id === ".." || /[/\0]/.test(id) || bytes > 255) {
    throw new LaunchRefusal(`the ${what} id ${JSON.stringify(id)} cannot name a directory`);
  }
  return id;
}
