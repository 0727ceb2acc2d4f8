/**
 * Reading groups: the tree with its apps and pods, its versions, all apps in it.
 *
 * Without `embed` apps, pods and groups are shown; with it only what it names, and of apps what
 * `group.apps.…` names.
 */

import type { AppsState } from "#core/apps/state.ts";
import type { Service } from "#model/app.ts";
import { isTopLevel } from "#model/group.ts";
import { type AppId, type GroupId, versionId } from "#model/ids.ts";
import { isAppService, isPodService } from "#model/pod.ts";
import type { DoorQuery, DoorRequest, Respond } from "#ports/door.ts";
import { formatAppVersion, type Json } from "#wire/marathon/app-format.ts";
import { formatPod } from "#wire/marathon/pod-format.ts";
import { formatPodStatus, type PodView } from "#wire/marathon/pod-status-format.ts";
import { jsonAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readList } from "../query.ts";
import { type AppView, viewApp } from "../views/apps-view.ts";
import { type GroupView, groupVersions, viewGroup, viewGroupAt } from "../views/groups-view.ts";
import { viewPod } from "../views/pods-view.ts";
import { embedNothing, formatAppView, readEmbed } from "./app-json.ts";

type GroupEmbed = {
  readonly apps: boolean;
  readonly pods: boolean;
  readonly groups: boolean;
  /** Of each app; undefined: only what it is. */
  readonly ofApps: readonly string[] | undefined;
};

export const groupNotFound = (id: GroupId) => notFound(`Group '${id}' does not exist`);

function readGroupEmbed(query: DoorQuery): GroupEmbed {
  const names = readList(query, "embed");
  if (names.length === 0) return { apps: true, pods: true, groups: true, ofApps: undefined };
  const ofApps = names.flatMap((name) => /^group\.apps\.(.+)$/.exec(name)?.[1] ?? []);
  return {
    apps: names.includes("group.apps"),
    pods: names.includes("group.pods"),
    groups: names.includes("group.groups"),
    ofApps: ofApps.length === 0 ? undefined : ofApps,
  };
}

export function showGroup(
  id: GroupId,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const embed = readGroupEmbed(request.query);
  context.apps.read(
    (state, nowMs) => {
      const group = viewGroup(state, id);
      const apps = group === undefined || embed.ofApps === undefined ? undefined : viewAppsOf(state, group);
      return { group, apps, pods: group === undefined ? [] : viewPodsOf(state, group), nowMs };
    },
    ({ group, apps, pods, nowMs }) => {
      if (group === undefined) return respond(groupNotFound(id));
      const status = new Map(pods.map((view) => [view.pod.definition.id, formatPodStatus(view, nowMs)]));
      const format = (service: Service): Json =>
        status.get(service.definition.id) ?? formatApp(service, apps, embed, nowMs);
      respond(jsonAnswer(200, formatGroup(group, embed, format)));
    },
  );
}

function viewAppsOf(state: AppsState, group: GroupView): ReadonlyMap<AppId, AppView> {
  const views = allServices(group).flatMap(({ definition }) => viewApp(state, definition.id) ?? []);
  return new Map(views.map((view) => [view.app.definition.id, view]));
}

const viewPodsOf = (state: AppsState, group: GroupView): readonly PodView[] =>
  allServices(group)
    .filter(isPodService)
    .flatMap(({ definition }) => viewPod(state, definition.id) ?? []);

const allServices = (group: GroupView): readonly Service[] => [
  ...group.services,
  ...group.groups.flatMap(allServices),
];

function formatApp(
  app: Service,
  views: ReadonlyMap<AppId, AppView> | undefined,
  { ofApps = [] }: GroupEmbed,
  nowMs: number,
): Json {
  const view = views?.get(app.definition.id);
  if (isPodService(app)) return formatPod(app);
  if (view === undefined) return isAppService(app) ? formatAppVersion(app) : {};
  const shown = new Map(Object.entries(formatAppView(view, readEmbed(ofApps, embedNothing), nowMs)));
  const names = new Set(ofApps);
  if (!names.has("counts"))
    for (const name of ["tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy"]) shown.delete(name);
  if (!["deployments", "tasks", "failures"].some((name) => names.has(name))) shown.delete("deployments");
  return Object.fromEntries(shown);
}

function formatGroup(group: GroupView, embed: GroupEmbed, format: (app: Service) => Json): Json {
  const { id, services, groups, dependencies, version, enforceRole } = group;
  return {
    id,
    apps: embed.apps ? services.filter(isAppService).map(format) : [],
    pods: embed.pods ? services.filter(isPodService).map(format) : [],
    groups: embed.groups ? groups.map((one) => formatGroup(one, embed, format)) : [],
    dependencies,
    version,
    // Where nobody has said, it is left out: clients from before it was there break on it.
    ...(isTopLevel(id) && enforceRole !== undefined ? { enforceRole } : {}),
  };
}

/** `{id}/apps`: all that are in it, at any depth. */
export function listGroupApps(
  id: GroupId,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const embed = { ...readGroupEmbed(request.query), ofApps: readList(request.query, "embed") };
  context.apps.read(
    (state, nowMs) => {
      const group = viewGroup(state, id);
      return { group, apps: group && viewAppsOf(state, group), nowMs };
    },
    ({ group, apps, nowMs }) => {
      if (group === undefined) return respond(groupNotFound(id));
      const found = allServices(group).filter(isAppService);
      respond(
        jsonAnswer(
          200,
          found.map((app) => formatApp(app, apps, embed, nowMs)),
        ),
      );
    },
  );
}

/** Without `version`: the list, newest first. */
export function showGroupVersions(
  id: GroupId,
  version: string | undefined,
  context: ClusterContext,
  respond: Respond,
): void {
  context.apps.read(
    (state) => ({
      versions: groupVersions(state, id),
      past: version === undefined ? undefined : viewGroupAt(state, id, versionId(version)),
    }),
    ({ versions, past }) => {
      if (versions === undefined) return respond(groupNotFound(id));
      if (version === undefined) return respond(jsonAnswer(200, versions));
      if (past === undefined) return respond(notFound(`Group '${id}' does not exist in version ${version}`));
      const embed = { apps: true, pods: true, groups: true, ofApps: undefined };
      respond(
        jsonAnswer(
          200,
          formatGroup(past, embed, (app) => formatApp(app, undefined, embed, 0)),
        ),
      );
    },
  );
}
