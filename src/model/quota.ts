/**
 * Quotas: what a role is sure to get, and what it may have at most; and the least that is worth an offer.
 *
 * Quotas are for top-level roles, and count what is reserved for the role or its sub-roles anywhere, used or
 * not, and what they use unreserved. They speak of the four scalars that every agent has.
 */

import type { RoleName } from "#model/ids.ts";
import { asMilli, fromMilli, type Milli } from "#model/resource-value.ts";
import { type ScalarName, scalarNames } from "#model/resources.ts";
import { isTopLevel, roleFault } from "#model/role.ts";

/** What is absent is not spoken of: no guarantee, no limit. */
export type Quantities = { readonly [Name in ScalarName]?: Milli | undefined };

export type Quota = {
  readonly role: RoleName;
  readonly guarantees: Quantities;
  readonly limits: Quantities;
};

/** What is wrong with it, if anything. */
export function quotaFault({ role, guarantees, limits }: Quota): string | undefined {
  const fault = roleFault(role);
  if (fault !== undefined) return fault;
  if (!isTopLevel(role)) return `role ${role} is not a top-level role; only those can have a quota`;
  for (const name of scalarNames) {
    const [guarantee, limit] = [guarantees[name], limits[name]];
    for (const amount of [guarantee, limit])
      if (amount !== undefined && !(Number.isInteger(amount) && amount >= 0))
        return `the quota of ${name} for role ${role} is not an amount`;
    if (guarantee !== undefined && limit !== undefined && guarantee > limit)
      return `role ${role} is guaranteed more ${name} (${fromMilli(guarantee)}) than its limit (${fromMilli(limit)})`;
  }
  return undefined;
}

export const isDefaultQuota = ({ guarantees, limits }: Quota): boolean =>
  scalarNames.every((name) => (guarantees[name] ?? 0) === 0 && limits[name] === undefined);

/** In the order of the allocator's columns. */
export const guaranteeOf = (quota: Quota, name: ScalarName): number => quota.guarantees[name] ?? asMilli(0);
export const limitOf = (quota: Quota, name: ScalarName): number =>
  quota.limits[name] ?? Number.POSITIVE_INFINITY;
