/**
 * The console's own endpoints: each view once, and views live.
 */

import type { DoorRequest, Endpoint, Respond } from "#ports/door.ts";
import { isViewName, parseViewParams, viewNames } from "#wire/unum/console/params.ts";
import { jsonAnswer, messageAnswer, notFound, problemAnswer } from "../answers.ts";
import type { ConsoleContext } from "./context.ts";
import { streamViews } from "./live/stream.ts";
import { followLogs } from "./merged-logs.ts";
import { readJson } from "./read-json.ts";

export const consoleEndpoints: readonly Endpoint<ConsoleContext>[] = [
  {
    method: "GET",
    path: "/unum/v1/views/:name",
    permission: "read",
    summary: "What the console shows, once: ?params=<JSON>",
    handle: showView,
  },
  {
    method: "GET",
    path: "/unum/v1/live",
    permission: "read",
    summary: "Views as they change, as server-sent events: ?views=<JSON>",
    handle: streamViews,
  },
  {
    method: "GET",
    path: "/unum/v1/log",
    permission: "read",
    summary: "Files of several tasks as they grow, as one stream: ?sources=<JSON>, tail, follow",
    handle: followLogs,
  },
];

function showView(request: DoorRequest, { desk }: ConsoleContext, respond: Respond): void {
  const name = request.params.name ?? "";
  if (!isViewName(name))
    return respond(notFound(`There is no view '${name}'. There are: ${viewNames.join(", ")}.`));
  const given = readJson(request.query.get("params") ?? "{}", "params");
  if (!given.ok) return respond(problemAnswer(given.problem));
  const params = parseViewParams(name, given.value);
  if (!params.ok) return respond(problemAnswer(params.problem));
  desk.look(
    name,
    params.value as never,
    (value) =>
      respond(
        value === null
          ? messageAnswer(404, "There is no such thing, or it is forgotten.")
          : jsonAnswer(200, value, { "Cache-Control": "no-store" }),
      ),
    (error) => {
      desk.failed(error);
      respond(messageAnswer(500, "This view failed; the master's log says more."));
    },
  );
}
