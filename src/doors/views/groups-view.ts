/**
 * The tree of groups as readers see it: now, or as it was in an earlier version of one of them.
 */

import { serviceAt, settingsAt } from "#core/apps/group-history.ts";
import type { AppsState } from "#core/apps/state.ts";
import type { Service } from "#model/app.ts";
import { ancestorsOf, type Group, isBelow, noSettings, rootGroup } from "#model/group.ts";
import type { AppId, GroupId, VersionId } from "#model/ids.ts";

export type GroupView = Pick<Group, "id" | "dependencies" | "enforceRole" | "version"> & {
  readonly services: readonly Service[];
  readonly groups: readonly GroupView[];
};

/** Before anything ever was in it. */
const beginning = "1970-01-01T00:00:00.000Z" as VersionId;

export const groupVersions = (state: AppsState, id: GroupId): readonly VersionId[] | undefined =>
  state.groups.get(id)?.versions.toReversed() ?? (id === rootGroup ? [] : undefined);

export function viewGroup(state: AppsState, id: GroupId): GroupView | undefined {
  const group = state.groups.get(id);
  if (group === undefined && id !== rootGroup) return undefined;
  const services: Service[] = [];
  const groups: GroupView[] = [];
  for (const path of state.children.get(id) ?? []) {
    const service = state.apps.get(path as AppId) ?? state.pods.get(path as AppId);
    if (service !== undefined) services.push(service);
    const below = viewGroup(state, path as GroupId);
    if (below !== undefined) groups.push(below);
  }
  const { dependencies, enforceRole } = group ?? noSettings;
  return { id, dependencies, enforceRole, version: group?.version ?? beginning, services, groups };
}

export function viewGroupAt(state: AppsState, id: GroupId, version: VersionId): GroupView | undefined {
  if (state.groups.get(id)?.versions.includes(version) !== true) return undefined;
  const ids = new Set([...state.apps.keys(), ...state.pods.keys(), ...state.removed.keys()]);
  const services = new Map<GroupId, Service[]>([[id, []]]);
  for (const one of ids) {
    if (!isBelow(one, id)) continue;
    const service = serviceAt(state, one, version);
    if (typeof service === "string") continue;
    const above = ancestorsOf(one);
    const [parent] = above;
    for (const group of above) if (group === id || isBelow(group, id)) touch(services, group);
    if (parent !== undefined) services.get(parent)?.push(service);
  }
  for (const one of [...state.groups.keys(), ...state.removedGroups.keys()]) {
    const settings = settingsAt(state, one, state.groups.get(one), version);
    if (isBelow(one, id) && settings !== undefined) touch(services, one);
  }
  return treeAt(state, id, version, services);
}

function touch(services: Map<GroupId, Service[]>, id: GroupId): void {
  if (!services.has(id)) services.set(id, []);
}

function treeAt(
  state: AppsState,
  id: GroupId,
  version: VersionId,
  services: ReadonlyMap<GroupId, readonly Service[]>,
): GroupView {
  const group = state.groups.get(id);
  const { dependencies, enforceRole } = settingsAt(state, id, group, version) ?? noSettings;
  const below = [...services.keys()].filter((one) => ancestorsOf(one)[0] === id);
  return {
    ...{ id, dependencies, enforceRole },
    version: group?.versions.findLast((one) => one <= version) ?? version,
    services: services.get(id) ?? [],
    groups: below.map((one) => treeAt(state, one, version, services)),
  };
}
