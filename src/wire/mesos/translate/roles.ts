/**
 * What is wrong with a role's name, in the words in which frameworks of Mesos are used to hear it.
 *
 * The rules are those of `#model/role.ts`, which has the last word.
 */

import { roleFault as modelRoleFault } from "#model/role.ts";

export function roleFault(role: string): string | undefined {
  if (role === "*") return undefined;
  if (role === "") return "Role names cannot be the empty string";
  if (role.startsWith("/")) return `Role '${role}' cannot start with a slash`;
  if (role.endsWith("/")) return `Role '${role}' cannot end with a slash`;
  if (role.includes("//")) return `Role '${role}' cannot contain two adjacent slashes`;
  for (const component of role.split("/")) {
    if ([".", "..", "*"].includes(component))
      return `Role '${role}' cannot include '${component}' as a component`;
    const why = component.startsWith("-")
      ? "it starts with a dash"
      : /[\t\n\v\f\r \u007f]/.test(component)
        ? "it contains backspace or whitespace"
        : undefined;
    if (why !== undefined) return `Role component '${component}' is invalid because ${why}`;
  }
  return modelRoleFault(role);
}
