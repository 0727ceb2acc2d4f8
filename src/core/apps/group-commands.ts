/**
 * Commands about groups: whole trees changed, scaled, taken back to an earlier version, deleted.
 *
 * Each becomes changes of apps, pods and groups, and those one deployment. What a tree does not mention of a
 * group stays as it is; a list that is there stands for all there is to be.
 */

import { equalValues } from "#base/equal.ts";
import { limits } from "#base/limits.ts";
import type { AppDefinition, Service } from "#model/app.ts";
import { type GroupSettings, isTopLevel, noSettings, rootGroup } from "#model/group.ts";
import type { AppId, GroupId, VersionId } from "#model/ids.ts";
import { isAppService, isPodService, type RunSpec } from "#model/pod.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { answer, prepare } from "./app-commands.ts";
import { nextService } from "./changes.ts";
import type { AppChange } from "./deployments.ts";
import type { Draft } from "./draft.ts";
import { serviceAt, settingsAt } from "./group-history.ts";
import { commitGroups, type GroupChange, groupsBelow, servicesBelow } from "./groups.ts";
import { GivenPorts, withoutTakenPorts } from "./service-ports.ts";
import type { AppsAnswer, AppsCommand, GroupTree, GroupUpdate } from "./types.ts";

type Command<Type extends AppsCommand["type"]> = AppsCommand & { readonly type: Type };
type Changed = { readonly services: readonly AppChange[]; readonly groups: readonly GroupChange[] };

export const noSuchGroup = (id: GroupId): Rejection => reject("not-found", `Group '${id}' does not exist`);

export function updateGroup(draft: Draft, command: Command<"update-group">): AppsAnswer | Rejection {
  const { id, update, keepInstances = false } = command;
  const version = draft.newVersion();
  const changed = changesOf(draft, id, update, version, keepInstances);
  if ("kind" in changed) return changed;
  return answer(draft, version, changed.services, command, changed.groups);
}

function changesOf(
  draft: Draft,
  id: GroupId,
  update: GroupUpdate,
  version: VersionId,
  keepInstances: boolean,
): Changed | Rejection {
  switch (update.kind) {
    case "tree":
      return changeTree(draft, update.tree, update.mustBeNew, version, keepInstances);
    case "scale":
      return scaleGroup(draft, id, update.factor, version);
    case "version":
      return rollBack(draft, id, update.version, version, keepInstances);
    default:
      return update satisfies never;
  }
}

export function deleteGroup(draft: Draft, command: Command<"delete-group">): AppsAnswer | Rejection {
  const { id } = command;
  if (id !== rootGroup && draft.group(id) === undefined) return noSuchGroup(id);
  const groups = [...groupsBelow(draft, id), ...(id === rootGroup ? [] : [id])];
  const services = servicesBelow(draft, id).map((one) => remove(draft, one));
  const reset = id === rootGroup ? [{ id, after: noSettings }] : [];
  const gone = groups.map((one): GroupChange => ({ id: one, after: undefined }));
  return answer(draft, draft.newVersion(), services, command, [...gone, ...reset]);
}

export function enforceRole(draft: Draft, command: Command<"enforce-role">): AppsAnswer | Rejection {
  const group = draft.group(command.id);
  if (group === undefined) return noSuchGroup(command.id);
  if (!isTopLevel(command.id)) return notTopLevel(command.id);
  const { dependencies } = group;
  const after = { dependencies, enforceRole: command.enforceRole };
  commitGroups(draft, draft.newVersion(), [], [{ id: command.id, after }]);
  return { type: "done" };
}

const notTopLevel = (id: GroupId): Rejection =>
  invalid("/enforceRole", `enforceRole can only be set for top-level groups, and ${id} is not top-level`);

function invalid(path: string, error: string): Rejection {
  return reject("invalid", "Object is not valid", [{ path, errors: [error] }]);
}

const remove = (draft: Draft, id: AppId): AppChange => ({
  id,
  before: draft.service(id),
  after: undefined,
});

/** What the tree asks for, gathered while walking down. */
type Walk = {
  readonly draft: Draft;
  readonly targets: Map<AppId, AppDefinition>;
  readonly removed: Set<AppId>;
  readonly groups: Map<GroupId, GroupSettings | undefined>;
  readonly ports: GivenPorts;
  readonly changesServices: boolean;
};

const changesServices = (tree: GroupTree): boolean =>
  tree.apps !== undefined || (tree.groups ?? []).some(changesServices);

function changeTree(
  draft: Draft,
  tree: GroupTree,
  mustBeNew: boolean,
  version: VersionId,
  keepInstances: boolean,
): Changed | Rejection {
  if (mustBeNew && tree.id !== rootGroup && draft.group(tree.id) !== undefined)
    return reject("conflict", `Group ${tree.id} is already created. Use PUT to change this group.`);
  if (mustBeNew && draft.service(tree.id as string as AppId) !== undefined)
    return reject("conflict", `An app with the path ${tree.id} already exists.`);
  const walk: Walk = {
    draft,
    targets: new Map(),
    removed: new Set(),
    groups: new Map(),
    ports: new GivenPorts(),
    changesServices: changesServices(tree),
  };
  const fault = walkTree(walk, tree);
  if (fault !== undefined) return fault;
  const services: AppChange[] = [];
  for (const [id, target] of walk.targets) {
    const before = draft.app(id);
    if (before !== undefined && equalValues(before.definition, target)) continue;
    services.push({ id, before, after: nextService(before, target, version, keepInstances) });
  }
  for (const id of walk.removed) if (!walk.targets.has(id)) services.push(remove(draft, id));
  const created = services.filter(({ before }) => before === undefined).length;
  if (created > 0 && draft.state.apps.size + created > limits.appsMax)
    return reject("unavailable", `there can be ${limits.appsMax} apps at most, and these would be more`);
  return { services, groups: [...walk.groups].map(([id, after]) => ({ id, after })) };
}

function walkTree(walk: Walk, tree: GroupTree): Rejection | undefined {
  const { draft } = walk;
  const before = draft.group(tree.id);
  if (tree.enforceRole === true && !isTopLevel(tree.id)) return notTopLevel(tree.id);
  if (walk.changesServices && before !== undefined && turnsRole(tree, before)) return roleAndServices;
  const after: GroupSettings = {
    dependencies: tree.dependencies ?? before?.dependencies ?? [],
    enforceRole: tree.enforceRole ?? before?.enforceRole,
  };
  if (before === undefined || !equalValues(after, settingsOnly(before))) walk.groups.set(tree.id, after);
  const children = draft.childrenOf(tree.id);
  if (tree.apps !== undefined) {
    for (const child of children)
      if (draft.app(child as AppId) !== undefined) walk.removed.add(child as AppId);
    for (const app of tree.apps) {
      const fault = takeApp(walk, app);
      if (fault !== undefined) return fault;
    }
  }
  if (tree.groups === undefined) return undefined;
  const kept = new Set(tree.groups.map(({ id }) => id));
  for (const child of children as readonly GroupId[])
    if (draft.group(child) !== undefined && !kept.has(child)) removeGroup(walk, child);
  for (const group of tree.groups) {
    const fault = walkTree(walk, group);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const turnsRole = (tree: GroupTree, before: GroupSettings): boolean =>
  tree.enforceRole !== undefined && tree.enforceRole !== (before.enforceRole ?? false);

const roleAndServices = invalid(
  "/enforceRole",
  "enforceRole cannot be modified in a request that adds, removes or modifies services; " +
    "please make these changes in separate requests",
);

const settingsOnly = ({ dependencies, enforceRole: enforced }: GroupSettings): GroupSettings => ({
  dependencies,
  enforceRole: enforced,
});

function takeApp(walk: Walk, definition: AppDefinition): Rejection | undefined {
  const previous = walk.draft.app(definition.id)?.definition;
  const target = prepare(walk.draft, definition, previous, walk.ports, walk.groups);
  if ("kind" in target) return target;
  walk.targets.set(target.id, target);
  walk.ports.addOf(target);
  return undefined;
}

function removeGroup({ draft, removed, groups }: Walk, id: GroupId): void {
  for (const one of servicesBelow(draft, id)) removed.add(one);
  for (const one of [id, ...groupsBelow(draft, id)]) groups.set(one, undefined);
}

function scaleGroup(draft: Draft, id: GroupId, factor: number, version: VersionId): Changed | Rejection {
  if (id !== rootGroup && draft.group(id) === undefined) return noSuchGroup(id);
  const services: AppChange[] = [];
  for (const one of servicesBelow(draft, id)) {
    const before = draft.app(one);
    if (before === undefined) continue;
    const instances = Math.ceil(before.definition.instances * factor - 1e-9);
    if (instances === before.definition.instances) continue;
    const target = prepare(draft, { ...before.definition, instances }, before.definition, new GivenPorts());
    if ("kind" in target) return target;
    services.push({ id: one, before, after: nextService(before, target, version) });
  }
  return { services, groups: [] };
}

/** Everything in the group as it was then: what came since goes, what went comes back. */
function rollBack(
  draft: Draft,
  id: GroupId,
  to: VersionId,
  version: VersionId,
  keepInstances: boolean,
): Changed | Rejection {
  const group = draft.group(id);
  if (group === undefined) return noSuchGroup(id);
  if (!group.versions.includes(to)) return invalid("/version", `Group ${id} not available in version ${to}`);
  const ids = new Set(servicesBelow(draft, id));
  for (const one of draft.state.removed.keys()) if (isIn(one, id)) ids.add(one);
  const services: AppChange[] = [];
  const given = new GivenPorts();
  for (const one of ids) {
    const past = serviceAt(draft.state, one, to);
    if (past === "lost") return invalid("/version", `what ${one} was in version ${to} is no longer kept`);
    const before = draft.service(one);
    if (past === "gone" && before === undefined) continue;
    if (before !== undefined && past !== "gone" && isPodService(before) !== isPodService(past))
      return invalid(
        "/version",
        `${one} is another kind of service now than in version ${to}; delete it first`,
      );
    if (past === "gone") services.push(remove(draft, one));
    else if (before === undefined || !equalValues(before.definition, past.definition)) {
      const definition = backTo(draft, before, past, given);
      if ("kind" in definition) return definition;
      services.push({ id: one, before, after: nextService(before, definition, version, keepInstances) });
    }
  }
  return { services, groups: groupsThen(draft, id, to) };
}

/** A group that came since stays, empty: it may hold what others put there. */
function groupsThen(draft: Draft, id: GroupId, to: VersionId): readonly GroupChange[] {
  const gone = [...draft.state.removedGroups.keys()].filter(
    (one) => isIn(one, id) && draft.group(one) === undefined,
  );
  return [id, ...groupsBelow(draft, id), ...gone].flatMap((one): readonly GroupChange[] => {
    const now = draft.group(one);
    const past = settingsAt(draft.state, one, now, to);
    if (past === undefined || equalValues(now && settingsOnly(now), settingsOnly(past))) return [];
    return [{ id: one, after: settingsOnly(past) }];
  });
}

const isIn = (path: AppId | GroupId, group: GroupId): boolean =>
  group === rootGroup || path.startsWith(`${group}/`);

/** What it was, as far as that is possible now: a service port that another has by now is given anew. */
function backTo(
  draft: Draft,
  before: Service | undefined,
  past: Service,
  given: GivenPorts,
): RunSpec | Rejection {
  if (!isAppService(past)) return past.definition;
  const previous = before !== undefined && isAppService(before) ? before.definition : undefined;
  const free = withoutTakenPorts(draft.state, past.definition, previous, given);
  const definition = prepare(draft, free, previous, given);
  if (!("kind" in definition)) given.addOf(definition);
  return definition;
}
