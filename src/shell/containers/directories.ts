/**
 * The directories of an agent's containers, made at its start and removed when it is stopped for good.
 *
 * Sandboxes, images and volumes stay: they are of use without a container. What was fetched for tasks can be
 * fetched again.
 */

import { mkdir, rm } from "node:fs/promises";
import type { Layout } from "./layout.ts";

export async function makeDirectories({ containers, exits, sandboxes }: Layout): Promise<void> {
  for (const directory of [containers, exits]) await mkdir(directory, { recursive: true, mode: 0o700 });
  // Tasks without walls pass through it to their own.
  await mkdir(sandboxes, { recursive: true, mode: 0o711 });
}

export async function removeDirectories(layout: Layout): Promise<void> {
  const { containers, exits, removed, networks, fetched, runtimeState, hostRootSkeleton, hostRoot } = layout;
  const own = [containers, exits, removed, networks, fetched, runtimeState, hostRootSkeleton, hostRoot];
  for (const directory of own) {
    // Repeated: a supervisor may still be writing its last file.
    await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
  }
  for (const file of [layout.bootId, layout.cgroupParent]) await rm(file, { force: true });
}
