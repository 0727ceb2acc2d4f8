/**
 * `/v2/events`: the feed as server-sent events, filtered by `event_type`; events of ours come to those alone who ask
 * for them by name.
 *
 * A client that comes back with `Last-Event-ID` first gets what it missed, as far as the history goes, and is told
 * in a comment how much is lost. An id is the program's start and a number: after a restart of the program all
 * that is kept is new to every reader.
 */

import type { DoorRequest, Respond, StreamSink } from "#ports/door.ts";
import {
  deploymentWaitsName,
  streamAttachedEvent,
  streamDetachedEvent,
} from "#wire/marathon/event-format.ts";
import { formatServerSentComment, formatServerSentEvent, serverSentHeartbeat } from "#wire/sse.ts";
import type { ClusterContext } from "../endpoint.ts";
import { readList } from "../query.ts";

const heartbeatEveryMs = 10_000;

export function streamEvents(request: DoorRequest, context: ClusterContext, respond: Respond): void {
  const types: ReadonlySet<string> = new Set(readList(request.query, "event_type"));
  const after = lastNumber(request.headers["last-event-id"], epochOf(context));
  respond({
    kind: "stream",
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
    heartbeat: { everyMs: heartbeatEveryMs, text: serverSentHeartbeat },
    open: (sink) => follow(sink, types, after, request.remoteAddress, context),
  });
}

const epochOf = ({ info }: ClusterContext): string => info.startedAtMs.toString(36);

/** Undefined: the reader was not here before, as far as can be told. */
function lastNumber(text: string | undefined, epoch: string): number | undefined {
  const [, given, number] = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(text ?? "") ?? [];
  if (given === undefined) return undefined;
  return given === epoch ? Number(number) : 0;
}

function follow(
  sink: StreamSink,
  types: ReadonlySet<string>,
  after: number | undefined,
  remoteAddress: string,
  context: ClusterContext,
): () => void {
  const { events, nowMs } = context;
  const epoch = epochOf(context);
  const missed = after === undefined ? 0 : events.missedSince(after);
  if (missed > 0) sink.write(formatServerSentComment(`${missed} events are no longer kept`));
  const unsubscribe = events.subscribe(({ name, data, number }) => {
    if (types.size === 0 ? name !== deploymentWaitsName : types.has(name))
      sink.write(formatServerSentEvent(name, data, `${epoch}-${number}`));
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
