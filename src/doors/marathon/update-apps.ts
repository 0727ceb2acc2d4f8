/**
 * Updates of one app or of many (PUT and PATCH): bodies to one `update-apps` command.
 *
 * A body is parsed against the app as it is at this moment, so that rules over several fields are told at the
 * door; should the app change in between, the patch goes over what it is then. PUT creates what is not there,
 * PATCH does not; `partialUpdate=false` replaces instead of merging.
 */

import { limits } from "#base/limits.ts";
import type { AppsCommand, AppUpdate } from "#core/apps/types.ts";
import type { AppDefinition } from "#model/app.ts";
import { defaultAppDefinition } from "#model/app-defaults.ts";
import type { AppId } from "#model/ids.ts";
import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { atIndex, failed, invalid, type Parsed, parsed } from "#wire/json/problem.ts";
import { parseAppPatch, parseBodyId, parseRollback } from "#wire/marathon/app-parse.ts";
import { appNotFound } from "#wire/marathon/errors.ts";
import { jsonAnswer, messageAnswer, problemAnswer, warningHeaders } from "../answers.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readFlags } from "../query.ts";
import { readChange } from "./change-options.ts";
import { answerPlan } from "./plan-change.ts";
import { changedByPlugins } from "./plugins.ts";
import { changeAnswer, deploymentAnswer, submitCommand } from "./submit.ts";

/** `index`: where in a list it stands; undefined when it stands alone. */
export type WantedUpdate = { readonly id: AppId; readonly body: unknown; readonly index: number | undefined };

export function parseUpdateList(bytes: Uint8Array): Parsed<readonly WantedUpdate[]> {
  const body = parseJson(bytes);
  if (!body.ok) return body;
  if (!Array.isArray(body.value)) {
    return failed({
      status: 422,
      message: "Invalid JSON",
      details: [{ path: "/", errors: ["must be an array"] }],
    });
  }
  if (body.value.length === 0 || body.value.length > limits.appsPerRequestMax) {
    return invalid("/", `must have 1 to ${limits.appsPerRequestMax} apps`);
  }
  const wanted = new Map<AppId, WantedUpdate>();
  for (const [index, one] of body.value.entries()) {
    const id = parseBodyId(one);
    if (!id.ok) return atIndex(index, id);
    if (wanted.has(id.value)) return atIndex(index, invalid("/id", `${id.value} is in the list twice`));
    wanted.set(id.value, { id: id.value, body: one, index });
  }
  return parsed([...wanted.values()]);
}

export function submitUpdates(
  wanted: readonly WantedUpdate[],
  request: DoorRequest,
  context: ClusterContext,
  respond: Respond,
): void {
  const flags = readFlags(request.query, { partialUpdate: true });
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const change = readChange(request.query);
  if (!change.ok) return respond(messageAnswer(400, change.message));
  const { partialUpdate } = flags.value;
  const mustExist = request.method === "PATCH";
  const replace = !mustExist && !partialUpdate;
  context.apps.read(
    (state) => wanted.map(({ id }) => state.apps.get(id)?.definition),
    (current) => {
      const updates: AppUpdate[] = [];
      const warnings: string[] = [];
      for (const [position, { id, body, index }] of wanted.entries()) {
        const existing = current[position];
        if (existing === undefined && mustExist) return respond(jsonAnswer(404, appNotFound(id)));
        const changed = changedByPlugins(context, "app", body);
        const patch = changed.ok ? parseUpdate(id, changed.value, replace ? undefined : existing) : changed;
        if (!patch.ok)
          return respond(problemAnswer((index === undefined ? patch : atIndex(index, patch)).problem));
        warnings.push(...patch.warnings);
        updates.push({ id, patch: patch.value, replace, mustExist });
      }
      const isList = wanted[0]?.index !== undefined;
      const headers = warningHeaders(warnings);
      const command: AppsCommand = { type: "update-apps", updates, ...change.options };
      if (change.dryRun) return answerPlan(context, command, respond);
      return submitCommand(context, command, respond, (answer) =>
        isList ? deploymentAnswer(answer, headers) : changeAnswer(answer, headers),
      );
    },
  );
}

/** `base` undefined: the app is new or replaced, and a version in the body means nothing. */
function parseUpdate(id: AppId, body: unknown, base: AppDefinition | undefined): Parsed<AppUpdate["patch"]> {
  if (base === undefined) return parseAppPatch(body, defaultAppDefinition(id));
  const rollback = parseRollback(body);
  if (!rollback.ok) return rollback;
  if (rollback.value !== undefined) {
    return invalid("/version", "goes back to that version, which is possible for one app at a time only");
  }
  return parseAppPatch(body, base);
}
