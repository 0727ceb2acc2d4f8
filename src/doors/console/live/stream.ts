/**
 * `/unum/v1/live`: the views of one page as server-sent events, from the hub to its sink.
 */

import { limits } from "#base/limits.ts";
import type { DoorRequest, Respond, StreamSink } from "#ports/door.ts";
import { formatServerSentEvent, serverSentHeartbeat } from "#wire/sse.ts";
import type { LiveSubscription } from "#wire/unum/console/live.ts";
import { isViewName, parseSubscriptions, parseViewParams } from "#wire/unum/console/params.ts";
import type { TimelineParams } from "#wire/unum/console/timeline.ts";
import { problemAnswer } from "../../answers.ts";
import type { ConsoleContext } from "../context.ts";
import { readJson } from "../read-json.ts";

export function streamViews(request: DoorRequest, { desk }: ConsoleContext, respond: Respond): void {
  const given = readJson(request.query.get("views") ?? "", "views");
  if (!given.ok) return respond(problemAnswer(given.problem));
  const subscriptions = parseSubscriptions(given.value);
  if (!subscriptions.ok) return respond(problemAnswer(subscriptions.problem));
  const seen = /^\d{1,15}$/.exec(request.headers["last-event-id"] ?? "")?.[0];
  respond({
    kind: "stream",
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
    heartbeat: { everyMs: limits.liveHeartbeatMs, text: serverSentHeartbeat },
    queueBytesMax: limits.liveQueueBytesMax,
    open: (sink) => {
      desk.viewer(1);
      const ends = subscriptions.value.map((subscription) =>
        follow(sink, subscription, seen === undefined ? undefined : Number(seen), desk),
      );
      return () => {
        desk.viewer(-1);
        for (const end of ends) end();
      };
    },
  });
}

type Desk = ConsoleContext["desk"];

const nothing = (): void => {};

function follow(
  sink: StreamSink,
  { key, view, params: given = {} }: LiveSubscription,
  seen: number | undefined,
  desk: Desk,
): () => void {
  const write = (event: string, data: string): void =>
    sink.write(formatServerSentEvent(event, data, String(desk.lastNumber)));
  const fault = (message: string): (() => void) => {
    write("fault", JSON.stringify({ key, message }));
    return nothing;
  };
  if (!isViewName(view)) return fault(`There is no view '${String(view)}'.`);
  const params = parseViewParams(view, given);
  if (!params.ok) return fault(faultOf(params.problem));
  // The text of each is made once for all its readers; the key is the page's own.
  const keyText = JSON.stringify(key);
  const framed = (revision: number, text: string): string =>
    `{"key":${keyText},"revision":${revision}${text === "{}" ? "" : `,${text.slice(1, -1)}`}}`;
  if (view === "timeline" && seen !== undefined)
    tellMissed(desk, params.value as TimelineParams, seen, key, write);
  const end = desk.hub.subscribe(view, params.value, {
    view: (revision, text) => write("view", framed(revision, text)),
    patch: (revision, text) => write("patch", framed(revision, text)),
    fault: (message) => void fault(message),
  });
  return end ?? fault("Too many different views are looked at; close some pages.");
}

/** What happened while the page was away, as far as it is kept and fits. */
function tellMissed(
  desk: Desk,
  params: TimelineParams,
  seen: number,
  key: string,
  write: (event: string, data: string) => void,
): void {
  desk.look("timeline", { ...params, limit: limits.consolePageMax }, (value) => {
    const rows = value.rows.filter((row) => Number(row.key) > seen);
    if (rows.length > 0) write("missed", JSON.stringify({ key, rows }));
  });
}

const faultOf = ({ message, details }: { message: string; details: unknown }): string =>
  typeof details === "string" ? details : `${message}: ${JSON.stringify(details)}`;
