/**
 * What Marathon lets operators see and change of itself: its configuration, its log levels, who leads.
 *
 * Much of it has no counterpart here; then the answer says so, and nothing is taken silently.
 */

import type { DoorRequest, Respond } from "#ports/door.ts";
import { parseJson } from "#wire/json/parse-json.ts";
import { jsonAnswer, messageAnswer, problemAnswer } from "../answers.ts";
import type { ClusterContext, ClusterInfo } from "../endpoint.ts";

export function showConfig(_request: DoorRequest, { apps, info }: ClusterContext, respond: Respond): void {
  apps.read(
    ({ config }) => config,
    (config) => respond(jsonAnswer(200, { marathon: { ...settingsOf(info), ...config } })),
  );
}

const settingsOf = (info: ClusterInfo) => ({
  clusterName: info.clusterName,
  version: info.version,
  hostname: info.hostname,
  masterPort: info.masterPort,
  gatewayPort: info.gatewayPort,
  failoverTimeoutMs: info.failoverTimeoutMs,
});

/** What is logged does not depend on a level. */
const level = "INFO";

export function showLogging(_request: DoorRequest, _context: ClusterContext, respond: Respond): void {
  respond(jsonAnswer(200, { ROOT: level }));
}

const levels = ["trace", "debug", "info", "warn", "error", "off"];

export function changeLogging(request: DoorRequest, _context: ClusterContext, respond: Respond): void {
  const body = parseJson(request.body);
  if (!body.ok) return respond(problemAnswer(body.problem));
  const wanted = (body.value ?? {}) as { readonly logger?: unknown; readonly level?: unknown };
  const name = typeof wanted.level === "string" ? wanted.level.toLowerCase() : "";
  if (typeof wanted.logger !== "string" || wanted.logger === "" || !levels.includes(name)) {
    return respond(messageAnswer(422, `A change has a logger and one of the levels ${levels.join(", ")}.`));
  }
  if (name === level.toLowerCase()) return respond(jsonAnswer(200, body.value));
  respond(
    messageAnswer(422, "What is logged does not depend on a level here: everything that is worth a line is."),
  );
}

/** Answered first: whoever steps down closes its doors. */
export function stepDown(_request: DoorRequest, context: ClusterContext, respond: Respond): void {
  if (context.stepDown === undefined) {
    return respond(
      messageAnswer(
        409,
        "There is one master, and nobody to whom it could hand over: restart it to begin anew.",
      ),
    );
  }
  respond(jsonAnswer(200, { message: "Leadership abdicated" }));
  context.stepDown();
}
