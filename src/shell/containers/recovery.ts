/**
 * What is left of containers on this host, and how it is taken away.
 *
 * Used for containers that are done with, for strangers that an earlier agent on this directory left, and
 * when the agent is stopped for good. It looks at the host as well as at the directories, so that half of a
 * container, whichever half, is found.
 */

import { limits } from "#base/limits.ts";
import type { Backend } from "./backend.ts";
import { heldNames, removeHeld } from "./held-containers.ts";
import type { Lanes } from "./lane.ts";
import type { Layout } from "./layout.ts";

/** The names of all containers that this agent's directory or this host still holds anything of. */
export async function surveyContainers(layout: Layout, backend: Backend): Promise<ReadonlySet<string>> {
  const onDisk = await heldNames(layout.containers).catch(() => []);
  return new Set([...onDisk, ...(await backend.leftovers())]);
}

/** Ends what still runs of it and removes everything but its sandbox. Harmless if nothing is there. */
export async function destroyContainer(
  layout: Layout,
  backend: Backend,
  lanes: Lanes,
  name: string,
): Promise<void> {
  // If the lane fails, `release` still ends the processes and frees what the kernel holds.
  await lanes.run(`remove ${name}`, limits.containerRemoveTimeoutMs).catch(() => undefined);
  await backend.release(name);
  await removeHeld(layout.containers, name);
}
