/**
 * `/v2/groups` as a table. Ids have slashes, so everything about one group is below one wildcard.
 */

import { isTopLevel } from "#model/group.ts";
import type { DoorMethod, DoorRequest, Endpoint, Permission, Respond } from "#ports/door.ts";
import { invalid } from "#wire/json/problem.ts";
import { messageAnswer, notFound, problemAnswer } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { changeGroup, deleteGroup, patchGroup } from "./change-groups.ts";
import { parseGroupTarget } from "./group-target.ts";
import { listGroupApps, showGroup, showGroupVersions } from "./groups.ts";

const endpoint = (
  method: DoorMethod,
  path: string,
  permission: Permission,
  summary: string,
  handle: Endpoint<ClusterContext>["handle"],
): Endpoint<ClusterContext> => ({ method, path, permission, summary, handle });

export const groupEndpoints: readonly Endpoint<ClusterContext>[] = [
  endpoint("GET", "/v2/groups", "read", "The tree of groups; embed says how much of it", look),
  endpoint(
    "GET",
    "/v2/groups/*",
    "read",
    "{id}, {id}/apps, {id}/versions[/{version}]: a group, its apps, its past",
    look,
  ),
  endpoint("POST", "/v2/groups", "write", "Create a group with all that is in it", change),
  endpoint("PUT", "/v2/groups", "write", "Change the root group; dryRun only tells the steps", change),
  endpoint("DELETE", "/v2/groups", "write", "Delete every app, pod and group", change),
  endpoint("POST", "/v2/groups/*", "write", "{id}: create a group below it, or itself", change),
  endpoint(
    "PUT",
    "/v2/groups/*",
    "write",
    "{id}: create or change a group, scale it, or take it back to a version; dryRun only tells the steps",
    change,
  ),
  endpoint("PATCH", "/v2/groups/*", "write", "{id}: say whether the group's name is its apps' role", change),
  endpoint("DELETE", "/v2/groups/*", "write", "{id}: delete a group with all that is in it", change),
];

function look(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const target = parseGroupTarget(request.params["*"] ?? "");
  switch (target.kind) {
    case "group":
      return showGroup(target.id, request, context, respond);
    case "apps":
      return listGroupApps(target.id, request, context, respond);
    case "versions":
      return showGroupVersions(target.id, target.version, context, respond);
    case "none":
      return respond(notFound(`The group id ${target.error}.`));
    default:
      return target satisfies never;
  }
}

function change(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const target = parseGroupTarget(request.params["*"] ?? "");
  if (target.kind === "none")
    return respond(
      request.method === "DELETE"
        ? notFound(`The group id ${target.error}.`)
        : problemAnswer(invalid("/id", target.error).problem),
    );
  if (target.kind !== "group") {
    const message = `${request.method} is not possible here; possible: GET.`;
    return respond(messageAnswer(405, message, { Allow: "GET" }));
  }
  const { id } = target;
  if (request.method === "DELETE") return deleteGroup(id, request, context, respond);
  if (request.method !== "PATCH") return changeGroup(id, request, context, respond);
  if (isTopLevel(id)) return patchGroup(id, request, context, respond);
  return respond(
    messageAnswer(422, `enforceRole can only be set for top-level groups, and ${id} is not top-level`),
  );
}
