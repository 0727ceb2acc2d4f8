/**
 * What a framework can take, and what it wants, made ready for the cycle: capabilities, constraints, minima.
 *
 * Compiled once when the framework subscribes or changes; a constraint that does not compile was refused
 * before, and here lets nothing through.
 */

import type { FrameworkInfo } from "#model/framework.ts";
import type { RoleName } from "#model/ids.ts";
import { type ConstraintTest, compileConstraints } from "#model/offer-constraints.ts";
import type { Quantities } from "#model/quota.ts";
import { isRefined } from "#model/reservation.ts";
import { isShared, type Resource } from "#model/resource.ts";
import { scalarNames } from "#model/resources.ts";

export type Profile = {
  readonly takesGpus: boolean;
  readonly takesShared: boolean;
  readonly takesRevocable: boolean;
  readonly takesRefined: boolean;
  readonly knowsRegions: boolean;
  readonly constraints: ReadonlyMap<RoleName, ConstraintTest>;
  /** An offer must reach all scalars of one of them; in the columns' order. */
  readonly minima: ReadonlyMap<RoleName, readonly Float64Array[]>;
};

/** Of a framework of which only its demand is known. */
export const noProfile: Profile = {
  takesGpus: false,
  takesShared: false,
  takesRevocable: false,
  takesRefined: false,
  knowsRegions: false,
  constraints: new Map(),
  minima: new Map(),
};

/** Of a framework that can take everything. */
export const anyProfile: Profile = {
  takesGpus: true,
  takesShared: true,
  takesRevocable: true,
  takesRefined: true,
  knowsRegions: true,
  constraints: new Map(),
  minima: new Map(),
};

export function profileOf(info: FrameworkInfo): Profile {
  const has = (name: FrameworkInfo["capabilities"][number]): boolean => info.capabilities.includes(name);
  const constraints = new Map<RoleName, ConstraintTest>();
  for (const [role, groups] of Object.entries(info.offerConstraints ?? {})) {
    const result = compileConstraints(groups);
    constraints.set(role as RoleName, result.ok ? result.test : () => result.fault);
  }
  const minima = new Map<RoleName, readonly Float64Array[]>();
  for (const [role, list] of Object.entries(info.minAllocatable ?? {}))
    minima.set(role as RoleName, list.map(columnsOf));
  return {
    takesGpus: has("gpu-resources"),
    takesShared: has("shared-resources"),
    takesRevocable: has("revocable-resources"),
    takesRefined: has("reservation-refinement"),
    knowsRegions: has("region-aware"),
    constraints,
    minima,
  };
}

/** The capability that is missing for this resource, if one is. */
export function missingFor(
  profile: Profile,
  resource: Resource,
): FrameworkInfo["capabilities"][number] | undefined {
  if (isShared(resource) && !profile.takesShared) return "shared-resources";
  if (resource.revocable && !profile.takesRevocable) return "revocable-resources";
  return isRefined(resource) && !profile.takesRefined ? "reservation-refinement" : undefined;
}

export const columnsOf = (quantities: Quantities): Float64Array =>
  Float64Array.from(scalarNames, (name) => quantities[name] ?? 0);
