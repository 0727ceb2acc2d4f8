/**
 * Which GPUs a container gets: whole ones, that no other container of the agent has.
 *
 * Nothing is kept here: who has which is written down with each container, and so outlives the agent.
 */

import { fromMilli, type Resources } from "#model/resources.ts";
import { LaunchRefusal } from "../launch-refusal.ts";
import type { Gpu } from "./nvidia.ts";

/** `taken`: those of other containers. Throws `LaunchRefusal`. */
export function assignGpus(
  gpus: readonly Gpu[],
  taken: ReadonlySet<number>,
  resources: Pick<Resources, "gpus">,
): readonly number[] {
  const count = fromMilli(resources.gpus);
  if (count === 0) return [];
  if (!Number.isInteger(count)) throw new LaunchRefusal(`a GPU cannot be shared: it asks for ${count}`);
  const free = gpus.filter(({ minor }) => !taken.has(minor));
  if (free.length < count)
    throw new LaunchRefusal(
      `it asks for ${count} GPUs, and of this agent's ${gpus.length} only ${free.length} are free`,
    );
  return free.slice(0, count).map(({ minor }) => minor);
}
