/**
 * Resources as those are shown them who look at the cluster: each in the later format, and what has one
 * reservation or none in the earlier one too.
 */

import type { Resource } from "#model/resource.ts";
import { type Resources, toList } from "#model/resources.ts";
import { defaultRole } from "#model/role.ts";
import { plainFormat, type ResourceMessage, resourceMessage } from "./resources.ts";

/** `allocatedTo`: the role that holds them, if one does. */
export const shownResources = (resources: Resources, allocatedTo?: string): ResourceMessage[] =>
  toList(resources).map((resource) => ({
    ...bareResource(resource, allocatedTo),
    ...earlierFields(resource),
  }));

/** The later format alone, without what is empty. */
export const bareResources = (resources: Resources, allocatedTo?: string): ResourceMessage[] =>
  toList(resources).map((resource) => bareResource(resource, allocatedTo));

export function bareResource(resource: Resource, allocatedTo?: string): ResourceMessage {
  const { reservations, ...message } = resourceMessage(resource, { ...plainFormat, allocatedTo });
  return reservations === undefined || reservations.length === 0 ? message : { ...message, reservations };
}

function earlierFields(resource: Resource): Pick<ResourceMessage, "role" | "reservation"> {
  const [only, second] = resource.reservations;
  if (second !== undefined) return {};
  if (only === undefined) return { role: defaultRole };
  const { role, reservation } = resourceMessage(resource, { allocatedTo: undefined, refined: false });
  return reservation === undefined ? { role } : { role, reservation };
}
