/**
 * Which kinds of rows a master's store may hold, each with the newest form that this release reads.
 *
 * A kind that is not here was made by a newer release: a master that passed over it would decide without knowing.
 */

import { appsKinds } from "#core/apps/records.ts";
import { masterKinds } from "#core/master/records.ts";
import { createTimelineRoom } from "#core/timeline/room.ts";
import type { KindPolicy } from "#ports/room.ts";
import { clusterKind } from "./identity.ts";

export const storedKinds: ReadonlyMap<string, KindPolicy> = new Map(
  Object.entries<KindPolicy>({
    ...masterKinds,
    ...appsKinds,
    ...createTimelineRoom().kinds,
    ...clusterKind,
  }).filter(([, { durability }]) => durability !== "memory"),
);
