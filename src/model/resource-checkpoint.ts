/**
 * What an agent must remember of its resources: dynamic reservations and persistent volumes.
 *
 * The rest comes anew with every start, from the agent's configuration. The master numbers the checkpoints
 * of an agent; both keep theirs durably, and the higher number is right.
 */

import { isDynamicallyReserved } from "#model/reservation.ts";
import type { Resource } from "#model/resource.ts";
import { asMilli } from "#model/resource-value.ts";
import {
  addResources,
  fromList,
  type Resources,
  scalarNames,
  subtractResources,
  toList,
} from "#model/resources.ts";
import { isPersistentVolume, withoutVolume } from "#model/volume.ts";

export type ResourceCheckpoint = { readonly version: number; readonly resources: readonly Resource[] };

export const noCheckpoint: ResourceCheckpoint = { version: 0, resources: [] };

export const needsCheckpoint = (resource: Resource): boolean =>
  isDynamicallyReserved(resource) || isPersistentVolume(resource);

export const checkpointOf = (total: Resources, version: number): ResourceCheckpoint => ({
  version,
  resources: total.others.filter(needsCheckpoint),
});

/**
 * All that an agent has: its configured resources, with what is checkpointed taken out of them and put back
 * as reserved or as a volume. A reservation is kept even when the configured resources shrank below it; then
 * nothing of them is left unreserved.
 */
export function withCheckpoint(configured: Resources, { resources }: ResourceCheckpoint): Resources {
  const rest = subtractResources(configured, fromList(resources.map(asConfigured)));
  const least = { ...rest };
  for (const name of scalarNames) least[name] = asMilli(Math.max(0, rest[name]));
  return addResources(least, fromList(resources));
}

/** What is configured, of all that an agent has. */
export const withoutCheckpoint = (total: Resources): Resources =>
  fromList(toList(total).map((resource) => (needsCheckpoint(resource) ? asConfigured(resource) : resource)));

const asConfigured = (resource: Resource): Resource => ({
  ...(isPersistentVolume(resource) ? withoutVolume(resource) : resource),
  reservations: resource.reservations.filter(({ type }) => type === "static"),
});
