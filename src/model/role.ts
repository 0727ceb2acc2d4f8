/**
 * Roles: names in a tree, written as paths, such as `prod/web`. `*` is the role of those who have none.
 *
 * Semantics: Apache Mesos's, src/common/roles.cpp. A reservation for a role is there for every role below it.
 */

import { limits } from "#base/limits.ts";
import { type RoleName, roleName } from "#model/ids.ts";

export const defaultRole: RoleName = roleName("*");

/** What is wrong with the name, if anything. */
export function roleFault(role: string): string | undefined {
  if (role === "") return "a role's name may not be empty";
  if (role.length > limits.idLengthMax)
    return `a role's name may have ${limits.idLengthMax} characters; this one has ${role.length}`;
  if (role === defaultRole) return undefined;
  if (role.startsWith("-")) return `role '${role}' may not start with a dash`;
  // A line break, or another space that nobody sees, would make two roles look like one.
  if (/\s|[\b\u007f]/u.test(role)) return `role '${role}' may not hold white space`;
  if (role.startsWith("/") || role.endsWith("/"))
    return `role '${role}' may neither start nor end with a slash`;
  const bad = role.split("/").find((part) => ["", ".", "..", "*"].includes(part) || part.startsWith("-"));
  if (bad === undefined) return undefined;
  return bad === ""
    ? `role '${role}' may not hold two slashes in a row`
    : `role '${role}' may not have the part '${bad}'`;
}

/** Strictly below. */
export const isBelow = (role: string, above: string): boolean =>
  role.length > above.length && role.startsWith(above) && role[above.length] === "/";

export const isSameOrBelow = (role: string, above: string): boolean => role === above || isBelow(role, above);

/** The first part of the path: where quotas are. */
export function topLevel(role: string): RoleName {
  const slash = role.indexOf("/");
  return roleName(slash < 0 ? role : role.slice(0, slash));
}

export const isTopLevel = (role: string): boolean => !role.includes("/");
