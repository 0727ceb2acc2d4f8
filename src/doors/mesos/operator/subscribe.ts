/**
 * SUBSCRIBE: the cluster as it is, and then every change of it, as records on one endless answer.
 *
 * No change falls between the two: listening begins where the state is looked at, and what is told before
 * that look is answered is part of it.
 */

import type { StreamSink } from "#ports/door.ts";
import { type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import {
  agentAddedEvent,
  agentRemovedEvent,
  frameworkAddedEvent,
  frameworkRemovedEvent,
  frameworkUpdatedEvent,
  heartbeatEvent,
  subscribedEvent,
  taskAddedEvent,
  taskUpdatedEvent,
} from "#wire/mesos/operator/event-messages.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import type { ClusterContext } from "../../endpoint.ts";
import { viewCluster } from "../../views/cluster-view.ts";
import { mediaTypes } from "../media.ts";
import type { CallTools } from "./call-tools.ts";
import type { MasterChange } from "./changes.ts";

const heartbeatMs = 15_000;

export function subscribe(_call: unknown, { context, encoding, respond }: CallTools): void {
  respond({
    kind: "stream",
    headers: { "Content-Type": mediaTypes[encoding] },
    heartbeat: { everyMs: heartbeatMs, text: record(encoding, heartbeatEvent), always: true },
    open: (sink) => openStream(context, encoding, sink),
  });
}

function openStream(context: ClusterContext, encoding: Encoding, sink: StreamSink): () => void {
  let isOpen = false;
  let isClosed = false;
  let unsubscribe = (): void => {};
  context.master.read(
    (state) => {
      unsubscribe = context.watch.subscribe((changes) => {
        if (!isOpen) return;
        for (const change of changes) if (isTold(change)) sink.write(record(encoding, eventOf(change)));
      });
      return viewCluster(state, context.info);
    },
    (snapshot) => {
      if (isClosed) return;
      sink.write(record(encoding, subscribedEvent(snapshot, heartbeatMs)));
      sink.write(record(encoding, heartbeatEvent));
      isOpen = true;
    },
  );
  return () => {
    isClosed = true;
    unsubscribe();
  };
}

/** Mesos says nothing of agents that cannot be reached: they are not removed. */
const isTold = (change: MasterChange): boolean => change.type !== "agent-removed" || change.isGone;

const record = (encoding: Encoding, event: MessageOf<"master.Event">): Uint8Array =>
  encodeRecord(encodeMessage(encoding, "master.Event", event));

function eventOf(change: MasterChange): MessageOf<"master.Event"> {
  switch (change.type) {
    case "task-added":
      return taskAddedEvent(change.task);
    case "task-updated":
      return taskUpdatedEvent(change.task, change.status);
    case "agent-added":
      return agentAddedEvent(change.agent);
    case "agent-removed":
      return agentRemovedEvent(change.agentId);
    case "framework-added":
      return frameworkAddedEvent(change.framework);
    case "framework-updated":
      return frameworkUpdatedEvent(change.framework);
    case "framework-removed":
      return frameworkRemovedEvent(change.framework);
    default:
      return change satisfies never;
  }
}
