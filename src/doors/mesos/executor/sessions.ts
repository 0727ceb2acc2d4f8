/**
 * The streams on which executors listen: what the agent says on a session is written to its stream, in the
 * executor's encoding.
 *
 * The agent's node says it here (`#ports/executor-links.ts`). A session is there from the subscription until
 * either end closes it; nothing is decided here.
 */

import type { SessionId } from "#model/ids.ts";
import type { ExecutorEvent } from "#model/protocol/executor.ts";
import type { StreamSink } from "#ports/door.ts";
import type { ExecutorLinks } from "#ports/executor-links.ts";
import { type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { executorEventMessage } from "#wire/mesos/executor/event-to-message.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";

export type OpenExecutorSession = { readonly encoding: Encoding; readonly sink: StreamSink };

export class ExecutorSessions implements ExecutorLinks {
  readonly #failed: (error: unknown) => void;
  readonly #open = new Map<SessionId, OpenExecutorSession>();

  /** `failed`: told of an event that could not be written, a defect of ours; it costs its own session only. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  open(session: SessionId, opened: OpenExecutorSession): void {
    this.#open.set(session, opened);
  }

  /** What is said on a session that is closed already goes nowhere. */
  hear(session: SessionId, event: ExecutorEvent): void {
    const known = this.#open.get(session);
    if (known === undefined) return;
    try {
      const message = executorEventMessage(event);
      known.sink.write(encodeRecord(encodeMessage(known.encoding, "executor.Event", message)));
    } catch (error) {
      this.#failed(error);
      known.sink.end();
    }
  }

  /** The agent ends the session: what was said before still arrives. */
  closed(session: SessionId): void {
    const known = this.#open.get(session);
    this.#open.delete(session);
    known?.sink.end();
  }

  /** The reader is gone. False when the session was over before. */
  left(session: SessionId): boolean {
    return this.#open.delete(session);
  }
}
