/**
 * `/v2/events`: the feed as server-sent events, filtered by `event_type`.
 *
 * A client that comes back with `Last-Event-ID` first gets what it missed, as far as the history goes.
 */

import type { DoorRequest, Respond, StreamSink } from "#ports/door.ts";
import { streamAttachedEvent, streamDetachedEvent } from "#wire/marathon/event-format.ts";
import { formatServerSentEvent, serverSentHeartbeat } from "#wire/sse.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readList } from "../query.ts";

const heartbeatEveryMs = 10_000;

export function streamEvents(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const types: ReadonlySet<string> = new Set(readList(request.query, "event_type"));
  const after = lastEventId(request.headers["last-event-id"]);
  respond({
    kind: "stream",
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
    heartbeat: { everyMs: heartbeatEveryMs, text: serverSentHeartbeat },
    open: (sink) => follow(sink, types, after, request.remoteAddress, context),
  });
}

/** Numbers begin anew with the program, so one from before means nothing and is larger than all that is kept. */
function lastEventId(text: string | undefined): number | undefined {
  const number = Number(text);
  return text === undefined || text === "" || !Number.isSafeInteger(number) ? undefined : number;
}

function follow(
  sink: StreamSink,
  types: ReadonlySet<string>,
  after: number | undefined,
  remoteAddress: string,
  { events, nowMs }: ClusterContext,
): () => void {
  const unsubscribe = events.subscribe(({ name, data, number }) => {
    if (types.size === 0 || types.has(name)) sink.write(formatServerSentEvent(name, data, number));
  }, after);
  // The new reader sees this too: it is how clients know that they are connected.
  const attached = streamAttachedEvent(nowMs(), remoteAddress);
  events.publish(attached.name, attached.data);
  return () => {
    unsubscribe();
    const detached = streamDetachedEvent(nowMs(), remoteAddress);
    events.publish(detached.name, detached.data);
  };
}
