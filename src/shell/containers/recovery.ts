/**
 * What is left of containers on this host, and how it is taken away.
 *
 * Used for containers that are done with, for strangers that an earlier agent on this directory left, and
 * when the agent is stopped for good. It looks at the host as well as at the directories, so that half of a
 * container, whichever half, is found.
 */

import { limits } from "#base/limits.ts";
import type { Backend } from "./backend.ts";
import type { Entry } from "./entry.ts";
import { heldNames, readHeld, readStarted, removeHeld } from "./held-containers.ts";
import type { Layout } from "./layout.ts";
import { isAlive, sendSignal } from "./process-identity.ts";

/** The names of all containers that this agent's directory or this host still holds anything of. */
export async function surveyContainers(layout: Layout, backend: Backend): Promise<ReadonlySet<string>> {
  const onDisk = await heldNames(layout.containers).catch(() => []);
  return new Set([...onDisk, ...(await backend.leftovers())]);
}

/** Ends what still runs of it and removes everything but its sandbox. Harmless if nothing is there. */
export async function destroyContainer(layout: Layout, backend: Backend, name: string): Promise<void> {
  const container = await readHeld(layout.containers, name);
  const started = container === undefined ? undefined : await readStarted(container);
  // By pid, and by group for a plain process: also what an earlier agent started in another way than this one.
  if (started !== undefined && isAlive(started)) {
    sendSignal(-started.pid, "SIGKILL");
    sendSignal(started.pid, "SIGKILL");
  }
  await backend.release(name);
  await removeHeld(layout.containers, name);
}

/** A container that is removed while it runs is killed, and its exit told first. */
export async function endForRemoval(entry: Entry, backend: Backend): Promise<void> {
  if (entry.started === undefined || entry.exited) return;
  const exited = new Promise<void>((resolve) => entry.onExited.push(resolve));
  backend.kill(entry.container, entry.started);
  const timeout = new Promise<void>((resolve) => {
    setTimeout(resolve, limits.containerRemoveTimeoutMs).unref();
  });
  await Promise.race([exited, timeout]);
}
