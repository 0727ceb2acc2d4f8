/**
 * What was: services as they were in an earlier version of their group, also those that are gone since.
 *
 * Nothing is stored for each version of a group: each app and pod has its own versions, and what was removed
 * leaves a bounded past behind (`removed-service`).
 */

import { limits } from "#base/limits.ts";
import type { Service } from "#model/app.ts";
import type { Group, GroupSettings } from "#model/group.ts";
import type { AppId, GroupId, VersionId } from "#model/ids.ts";
import type { Draft } from "./draft.ts";
import type { AppsState } from "./state.ts";
import type { RemovedService } from "./types.ts";

type Past = RemovedService["past"];

/** `gone`: it was not there then; `lost`: it was, but what it was is no longer kept. */
export function serviceAt(state: AppsState, id: AppId, version: VersionId): Service | "gone" | "lost" {
  const live = state.apps.get(id) ?? state.pods.get(id);
  const versions = [...(state.versions.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const createdAt = live?.createdAt ?? versions[0]?.[0];
  if (live !== undefined && createdAt !== undefined && createdAt <= version)
    return versions.findLast(([since]) => since <= version)?.[1] ?? "lost";
  const { past = [], forgotten } = state.removed.get(id) ?? {};
  const kept = past.find(({ service, until }) => service.version <= version && version < until);
  const isLost = forgotten !== undefined && forgotten.since <= version && version < forgotten.until;
  return kept?.service ?? (isLost ? "lost" : "gone");
}

/** Keeps what the app or pod was, for as long as there is room for it. */
export function rememberRemoved(draft: Draft, id: AppId, now: Service, removedAt: VersionId): void {
  const known = [...(draft.state.versions.get(id)?.values() ?? [])];
  const services = [...known.filter(({ version }) => version < now.version), now].sort((a, b) =>
    a.version < b.version ? -1 : 1,
  );
  const lives = services.map((service, index) => ({
    service,
    until: services[index + 1]?.version ?? removedAt,
  }));
  const before = draft.state.removed.get(id);
  const all = [...(before?.past ?? []), ...lives];
  const past = bounded(all);
  const lost = all.slice(0, all.length - past.length);
  const since = before?.forgotten?.since ?? lost[0]?.service.version;
  const until = lost.at(-1)?.until ?? before?.forgotten?.until;
  const forgotten = since === undefined || until === undefined ? {} : { forgotten: { since, until } };
  draft.put({ kind: "removed-service", id, value: { past, ...forgotten } });
}

function bounded(past: Past): Past {
  let kept = past.slice(-limits.versionsKeptOfRemovedMax);
  while (kept.length > 1 && JSON.stringify(kept).length > limits.appDefinitionCharactersMax)
    kept = kept.slice(1);
  return kept;
}

/** The settings that a group had then, in this life or in an earlier one; none if it was not there. */
export function settingsAt(
  { removedGroups }: AppsState,
  id: GroupId,
  group: Group | undefined,
  version: VersionId,
): GroupSettings | undefined {
  const now = group?.history.findLast(({ since }) => since <= version);
  const past = removedGroups.get(id)?.past ?? [];
  return now ?? past.find(({ since, until }) => since <= version && version < until);
}

/** What it was is kept, if it was anything but a name in a path. */
export function removeGroup(draft: Draft, id: GroupId, removedAt: VersionId): void {
  const group = draft.group(id);
  draft.put({ kind: "group", id, value: undefined });
  if (group === undefined || group.history.every((settings) => isNothing(settings))) return;
  const life = group.history.map((settings, index) => ({
    ...settings,
    until: group.history[index + 1]?.since ?? removedAt,
  }));
  const past = [...(draft.state.removedGroups.get(id)?.past ?? []), ...life];
  draft.put({ kind: "removed-group", id, value: { past: past.slice(-limits.groupSettingsKeptMax) } });
}

const isNothing = ({ dependencies, enforceRole }: GroupSettings): boolean =>
  dependencies.length === 0 && enforceRole === undefined;

/** Those that were removed longest ago are forgotten first. */
export function forgetLongRemoved(draft: Draft): void {
  const { removed, removedGroups } = draft.state;
  for (const id of excessOf(draft, "removed-service", removed, limits.removedServicesKeptMax))
    draft.put({ kind: "removed-service", id, value: undefined });
  for (const id of excessOf(draft, "removed-group", removedGroups, limits.removedGroupsKeptMax))
    draft.put({ kind: "removed-group", id, value: undefined });
}

type Removed = { readonly past: readonly { readonly until: VersionId }[] };

function excessOf(
  draft: Draft,
  kind: "removed-service" | "removed-group",
  known: ReadonlyMap<string, Removed>,
  keptMax: number,
): readonly string[] {
  const changed = draft.rowsOf(kind);
  const added = changed.filter(({ id }) => !known.has(id)).length;
  const excess = known.size + added - keptMax;
  if (added === 0 || excess <= 0) return [];
  const touched = new Set<string>(changed.map(({ id }) => id));
  const oldest = [...known]
    .filter(([id]) => !touched.has(id))
    .map(([id, { past }]) => ({ id, until: past.at(-1)?.until ?? "" }))
    .sort((a, b) => (a.until < b.until ? -1 : 1));
  // Of what goes now, only so many can be remembered.
  return [
    ...oldest.slice(0, excess).map(({ id }) => id),
    ...changed.slice(0, Math.max(0, added - keptMax)).map(({ id }) => id),
  ];
}
