/**
 * What can be wrong with how a framework describes itself: its roles, and what it wants in each.
 */

import type { FrameworkInfo } from "#model/framework.ts";
import { compileConstraints } from "#model/offer-constraints.ts";
import { scalarNames } from "#model/resources.ts";
import { roleFault } from "#model/role.ts";

export function frameworkFault(info: FrameworkInfo): string | undefined {
  const twice = info.roles.find((role, index) => info.roles.indexOf(role) !== index);
  if (twice !== undefined) return `Framework has role '${twice}' twice`;
  for (const role of info.roles) {
    const fault = roleFault(role);
    if (fault !== undefined) return `Framework has an invalid role: ${fault}`;
  }
  for (const [role, groups] of Object.entries(info.offerConstraints ?? {})) {
    const result = compileConstraints(groups);
    if (!result.ok) return `Framework has invalid offer constraints for role '${role}': ${result.fault}`;
  }
  for (const [role, list] of Object.entries(info.minAllocatable ?? {}))
    for (const quantities of list)
      for (const name of scalarNames) {
        const amount = quantities[name] ?? 0;
        if (!Number.isInteger(amount) || amount < 0)
          return `Framework has an invalid minimum of ${name} for role '${role}'`;
      }
  return undefined;
}
