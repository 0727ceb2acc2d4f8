/**
 * Groups: the directories of the tree in which apps and pods live, and what holds for all that is in one.
 *
 * A group is a row of its own and holds no list of what is in it: that follows from the paths. Every path
 * implies its ancestors, up to the root.
 */

import { type AppId, type GroupId, groupId, type VersionId } from "#model/ids.ts";

/** What is the group's own, and not its members'. */
export type GroupSettings = {
  /** Paths of apps and groups: what is in this group is started after what is there. */
  readonly dependencies: readonly AppId[];
  /** Of a group right below the root: whether its name is the role of all that is in it. Undefined: not said. */
  readonly enforceRole: boolean | undefined;
};

export type Group = GroupSettings & {
  readonly id: GroupId;
  /** Of the newest change of the group or of anything in it. */
  readonly version: VersionId;
  /** Those that can be gone back to, the oldest first. */
  readonly versions: readonly VersionId[];
  /** What its settings were since when, the oldest first; the newest entry is what they are. */
  readonly history: readonly (GroupSettings & { readonly since: VersionId })[];
};

export const rootGroup = groupId("/");

export const noSettings: GroupSettings = { dependencies: [], enforceRole: undefined };

/** The group that the path is in; the root is in none. */
export function parentOf(path: AppId | GroupId): GroupId | undefined {
  if (path === rootGroup) return undefined;
  return groupId(path.slice(0, path.lastIndexOf("/")) || "/");
}

/** All groups that the path is in, the nearest first. */
export function ancestorsOf(path: AppId | GroupId): readonly GroupId[] {
  const ancestors: GroupId[] = [];
  for (let group = parentOf(path); group !== undefined; group = parentOf(group)) ancestors.push(group);
  return ancestors;
}

/** Whether the path is in the group, at any depth. */
export const isBelow = (path: AppId | GroupId, group: GroupId): boolean =>
  path !== group && (group === rootGroup || path.startsWith(`${group}/`));

export const isTopLevel = (group: GroupId): boolean => parentOf(group) === rootGroup;
