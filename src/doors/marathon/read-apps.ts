/**
 * Reading apps: lists with their filters, one app, its versions.
 */

import { appAtVersion, appVersions } from "#core/apps/views.ts";
import { type AppId, versionId } from "#model/ids.ts";
import type { DoorQuery, DoorRequest, Respond } from "#ports/door.ts";
import { formatAppVersion } from "#wire/marathon/app-format.ts";
import { appNotFound } from "#wire/marathon/errors.ts";
import { type LabelSelector, parseLabelSelector } from "#wire/marathon/label-selector.ts";
import { jsonAnswer, messageAnswer, notFound } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readList } from "../query.ts";
import { type AppView, viewApp, viewApps } from "../views/apps-view.ts";
import { embedNothing, embedUsual, formatAppView, readEmbed } from "./app-json.ts";

export function listApps(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const filter = readFilter(request.query);
  if (!filter.ok) return respond(messageAnswer(400, filter.message));
  const embed = readEmbed(readList(request.query, "embed"), embedNothing);
  context.apps.read(
    (state, nowMs) => ({ views: viewApps(state), nowMs }),
    ({ views, nowMs }) => {
      const wanted = views.filter(filter.matches);
      respond(jsonAnswer(200, { apps: wanted.map((view) => formatAppView(view, embed, nowMs)) }));
    },
  );
}

/** The apps of a group and of those below it, as much of each as is shown of one alone. A group is its apps. */
export function listGroup(
  prefix: string,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const embed = readEmbed(readList(request.query, "embed"), embedUsual);
  context.apps.read(
    (state, nowMs) => ({ views: viewApps(state).filter(isBelow(prefix)), nowMs }),
    ({ views, nowMs }) => {
      if (views.length === 0 && prefix !== "/") return respond(notFound(`Group '${prefix}' does not exist`));
      respond(jsonAnswer(200, { "*": views.map((view) => formatAppView(view, embed, nowMs)) }));
    },
  );
}

const isBelow =
  (prefix: string) =>
  ({ app }: AppView): boolean =>
    prefix === "/" || app.definition.id.startsWith(`${prefix}/`);

type Filter =
  | { readonly ok: true; readonly matches: (view: AppView) => boolean }
  | { readonly ok: false; readonly message: string };

function readFilter(query: DoorQuery): Filter {
  const cmd = query.get("cmd")?.toLowerCase();
  const id = query.get("id")?.toLowerCase();
  const label = query.get("label");
  let matchesLabels: LabelSelector = () => true;
  if (label !== null && label !== "") {
    const parsed = parseLabelSelector(label);
    if (!parsed.ok) return parsed;
    matchesLabels = parsed.selector;
  }
  return {
    ok: true,
    matches: ({ app: { definition } }) =>
      (cmd === undefined || commandText(definition.command).includes(cmd)) &&
      (id === undefined || definition.id.toLowerCase().includes(id)) &&
      matchesLabels(definition.labels),
  };
}

const commandText = (command: AppView["app"]["definition"]["command"]): string =>
  command?.kind === "shell" ? command.text.toLowerCase() : "";

export function showApp(id: AppId, request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const embed = readEmbed(readList(request.query, "embed"), embedUsual);
  context.apps.read(
    (state, nowMs) => ({ view: viewApp(state, id), nowMs }),
    ({ view, nowMs }) =>
      respond(
        view === undefined
          ? jsonAnswer(404, appNotFound(id))
          : jsonAnswer(200, { app: formatAppView(view, embed, nowMs) }),
      ),
  );
}

/** Without `version`: the list, newest first. */
export function showVersions(
  id: AppId,
  version: string | undefined,
  context: ClusterContext,
  respond: Respond,
): void {
  context.apps.read(
    (state) => ({
      exists: state.apps.has(id),
      versions: appVersions(state, id),
      app: version === undefined ? undefined : appAtVersion(state, id, versionId(version)),
    }),
    ({ exists, versions, app }) => {
      if (!exists) return respond(jsonAnswer(404, appNotFound(id)));
      if (version === undefined) return respond(jsonAnswer(200, { versions }));
      if (app === undefined) return respond(notFound(`App '${id}' does not exist in version ${version}`));
      return respond(jsonAnswer(200, formatAppVersion(app)));
    },
  );
}
