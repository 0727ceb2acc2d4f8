/**
 * Changing groups: create, change, scale, roll back, delete. Each becomes one command for the app service.
 */

import type { AppsCommand } from "#core/apps/types.ts";
import { type GroupId, versionId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { type ParsedGroup, parseGroup, parseGroupPatch } from "#wire/marathon/group-parse.ts";
import { emptyAnswer, messageAnswer, problemAnswer, warningHeaders } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readList } from "../query.ts";
import { readChange, refusedDryRun } from "./change-options.ts";
import { answerPlan } from "./plan-change.ts";
import { groupChangedByPlugins } from "./plugins.ts";
import { deploymentAnswer, submitCommand, submitDeployment } from "./submit.ts";

/** `POST` and `PUT`. A group that is made by `POST` must not be there yet. */
export function changeGroup(
  base: GroupId,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const change = readChange(request.query);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const sent = parseJson(request.body);
  const body = sent.ok ? groupChangedByPlugins(context, sent.value) : sent;
  const group = body.ok ? parseGroup(body.value, base) : body;
  if (!group.ok) return respond(problemAnswer(group.problem));
  const mustBeNew = request.method === "POST";
  const command = commandOf(group.value, mustBeNew, change.options);
  const headers = warningHeaders(group.warnings);
  // What Marathon answers, unless what we know besides is asked for.
  const stepsOnly = !readList(request.query, "embed").includes("plan");
  if (change.dryRun) return answerPlan(context, command, respond, stepsOnly);
  return submitCommand(context, command, respond, (answer) =>
    mustBeNew
      ? deploymentAnswer(answer, { Location: `/v2/groups${command.id}`, ...headers }, 201)
      : deploymentAnswer(answer, headers),
  );
}

type GroupCommand = AppsCommand & { readonly type: "update-group" };

function commandOf(
  group: ParsedGroup,
  mustBeNew: boolean,
  options: Omit<GroupCommand, "type" | "id" | "update">,
): GroupCommand {
  switch (group.kind) {
    case "tree":
      return {
        type: "update-group",
        id: group.tree.id,
        update: { kind: "tree", tree: group.tree, mustBeNew },
        ...options,
      };
    case "scale":
      return {
        type: "update-group",
        id: group.id,
        update: { kind: "scale", factor: group.factor },
        ...options,
      };
    case "version":
      return {
        type: "update-group",
        id: group.id,
        update: { kind: "version", version: versionId(group.version) },
        ...options,
      };
    default:
      return group satisfies never;
  }
}

export function patchGroup(
  id: GroupId,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const body = parseJson(request.body);
  const patch = body.ok ? parseGroupPatch(body.value) : body;
  if (!patch.ok) return respond(problemAnswer(patch.problem));
  const refused = refusedDryRun(request.query);
  if (refused !== undefined) return respond(messageAnswer(400, refused));
  const { enforceRole } = patch.value;
  return submitCommand(context, { type: "enforce-role", id, enforceRole }, respond, () => emptyAnswer(200));
}

export function deleteGroup(
  id: GroupId,
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const change = readChange(request.query);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const command: AppsCommand = { type: "delete-group", id, ...change.options };
  if (change.dryRun) return answerPlan(context, command, respond);
  return submitDeployment(context, command, respond);
}
