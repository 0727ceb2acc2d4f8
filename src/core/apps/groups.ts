/**
 * The tree of groups: which paths may be what, groups that come and go, and their versions.
 *
 * A path is an app, a pod or a group, and only one of them. Every change is noted in the groups that it is in,
 * up to the root, so that each can go back to the time before it; that costs the depth of the path.
 */

import { limits } from "#base/limits.ts";
import { ancestorsOf, type Group, type GroupSettings, noSettings, rootGroup } from "#model/group.ts";
import { type AppId, type GroupId, groupId, type VersionId } from "#model/ids.ts";
import { type Rejection, reject } from "#ports/room.ts";
import type { DependencyTree } from "./dependency-layers.ts";
import type { Draft } from "./draft.ts";
import { removeGroup } from "./group-history.ts";

/** A group whose own settings change; undefined: it goes. */
export type GroupChange = { readonly id: GroupId; readonly after: GroupSettings | undefined };

type Path = AppId | GroupId;

const asService = (path: Path): AppId => path as AppId;
const asGroup = (path: Path): GroupId => path as GroupId;

/** All apps and pods in the group, at any depth. */
export function servicesBelow(draft: Draft, group: GroupId): readonly AppId[] {
  return below(draft, group).filter((path) => draft.service(asService(path)) !== undefined) as AppId[];
}

/** All groups in the group, at any depth; it itself is not among them. */
export function groupsBelow(draft: Draft, group: GroupId): readonly GroupId[] {
  return below(draft, group).filter((path) => draft.group(asGroup(path)) !== undefined) as GroupId[];
}

function below(draft: Draft, group: GroupId): readonly Path[] {
  const found: Path[] = [...draft.childrenOf(group)];
  for (let index = 0; index < found.length; index += 1) {
    const path = found[index];
    if (path !== undefined && draft.service(asService(path)) === undefined)
      for (const child of draft.childrenOf(asGroup(path))) found.push(child);
  }
  return found;
}

/** The tree as it is in the draft. */
export const dependencyTree = (draft: Draft): DependencyTree => ({
  isService: (path) => draft.service(asService(path)) !== undefined,
  dependenciesOf: (id) => {
    const definition = draft.service(id)?.definition;
    const own =
      definition !== undefined && "dependencies" in definition ? definition.dependencies : undefined;
    const ofGroups = ancestorsOf(id).flatMap((group) => draft.group(group)?.dependencies ?? []);
    return [...(own ?? []), ...ofGroups];
  },
  childrenOf: (group) => draft.childrenOf(group),
});

/** Refuses a new app or pod where something else is; makes room where only empty groups are. */
export function takePath(draft: Draft, id: AppId, version: VersionId): Rejection | undefined {
  // Whoever calls this puts something new there, so it is of the other kind.
  if (draft.service(id) !== undefined)
    return reject(
      "conflict",
      `There is ${draft.pod(id) === undefined ? "an app" : "a pod"} with id [${id}], and an id is that of an app or of a pod.`,
    );
  const above = ancestorsOf(id).find((group) => draft.service(asService(group)) !== undefined);
  if (above !== undefined) return sameName(asService(above), `there is an app or a pod ${above}`);
  const group = asGroup(id);
  if (draft.group(group) === undefined) return undefined;
  const inside = servicesBelow(draft, group)[0];
  if (inside !== undefined) return sameName(id, `the group ${id} holds ${inside}`);
  for (const empty of [group, ...groupsBelow(draft, group)]) removeGroup(draft, empty, version);
  return undefined;
}

const sameName = (id: AppId, why: string): Rejection =>
  reject("invalid", "Object is not valid", [
    {
      path: "/",
      errors: [`Groups and Applications may not have the same identifier: ${id}; ${why}`],
    },
  ]);

/** Carries out changes of groups, and notes the version in each group that anything happened in. */
export function commitGroups(
  draft: Draft,
  version: VersionId,
  services: readonly AppId[],
  changes: readonly GroupChange[],
): Rejection | undefined {
  for (const { id, after } of changes) {
    if (after === undefined) {
      removeGroup(draft, id, version);
      continue;
    }
    const clash = [id, ...ancestorsOf(id)].find((path) => draft.service(asService(path)) !== undefined);
    if (clash !== undefined) return sameName(asService(clash), `there is an app or a pod ${clash}`);
    draft.put({ kind: "group", id, value: nextGroup(draft.group(id), id, after, version) });
  }
  const removed = new Set<Path>(changes.filter(({ after }) => after === undefined).map(({ id }) => id));
  const touched = new Set<GroupId>([rootGroup]);
  for (const path of [...services, ...changes.map(({ id }) => id)])
    for (const group of ancestorsOf(path)) if (!removed.has(group)) touched.add(group);
  for (const id of touched) {
    const before = draft.group(id);
    if (before?.version === version) continue;
    draft.put({ kind: "group", id, value: nextGroup(before, id, before ?? noSettings, version) });
  }
  const isNew = [...draft.rowsOf("group")].some(({ id }) => !draft.state.groups.has(groupId(id)));
  if (!isNew || draft.state.groups.size < limits.groupsMax) return undefined;
  return reject(
    "unavailable",
    `there are ${limits.groupsMax} groups already, and no more are possible; delete those that are empty`,
  );
}

function nextGroup(
  before: Group | undefined,
  id: GroupId,
  { dependencies, enforceRole }: GroupSettings,
  version: VersionId,
): Group {
  const settings = { dependencies, enforceRole };
  const history = before?.history ?? [];
  const newest = history.at(-1);
  const isSame =
    newest !== undefined &&
    newest.enforceRole === enforceRole &&
    newest.dependencies.join("|") === dependencies.join("|");
  const nextHistory = isSame ? history : [...history, { ...settings, since: version }];
  const kept = nextHistory.slice(-limits.groupSettingsKeptMax);
  const oldest = kept.length < nextHistory.length ? kept[0]?.since : undefined;
  const versions = [...(before?.versions ?? []), version]
    .filter((one) => oldest === undefined || one >= oldest)
    .slice(-limits.versionsPerGroupMax);
  return { id, ...settings, version, versions, history: kept };
}
