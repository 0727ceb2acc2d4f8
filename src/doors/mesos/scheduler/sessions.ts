/**
 * The sessions of frameworks outside and the streams on which they listen: what the master says on a session
 * is written to its stream, in the framework's encoding and in the format that it can read.
 *
 * A session is there from the subscription until either end closes it. It decides nothing; the master is told
 * of a reader that left by whoever opened the session.
 */

import type { FrameworkInfo } from "#model/framework.ts";
import type { FrameworkId, SessionId } from "#model/ids.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { StreamSink } from "#ports/door.ts";
import { type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { type EventContext, eventMessage } from "#wire/mesos/scheduler/event-to-message.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";

export type OpenSession = {
  readonly encoding: Encoding;
  readonly sink: StreamSink;
  /** As its framework last described itself. */
  readonly info: FrameworkInfo;
  /** Known when the master has taken the subscription. */
  readonly frameworkId: FrameworkId | undefined;
};

export class SchedulerSessions {
  readonly #master: EventContext["master"];
  readonly #failed: (error: unknown) => void;
  readonly #open = new Map<SessionId, OpenSession>();

  /**
   * `master`: where frameworks find it, told to each that subscribes. `failed`: told of an event that could not be
   * written, a defect of ours; it costs the session that should have heard it, and no other.
   */
  constructor(master: EventContext["master"], failed: (error: unknown) => void) {
    this.#master = master;
    this.#failed = failed;
  }

  open(session: SessionId, opened: OpenSession): void {
    this.#open.set(session, opened);
  }

  find(session: SessionId): OpenSession | undefined {
    return this.#open.get(session);
  }

  /** The framework describes itself anew. */
  describe(session: SessionId, info: FrameworkInfo): void {
    const known = this.#open.get(session);
    if (known !== undefined) this.#open.set(session, { ...known, info });
  }

  /** What is said on a session that is closed already goes nowhere. */
  hear(session: SessionId, event: SchedulerEvent): void {
    const known = this.#open.get(session);
    if (known === undefined) return;
    if (event.type === "subscribed") this.#open.set(session, { ...known, frameworkId: event.frameworkId });
    try {
      known.sink.write(this.format(event, known));
    } catch (error) {
      this.#failed(error);
      known.sink.end();
    }
  }

  /** The master ends the session: what was said before still arrives. */
  closed(session: SessionId): void {
    const known = this.#open.get(session);
    this.#open.delete(session);
    known?.sink.end();
  }

  /** The reader is gone. False when the session was over before. */
  left(session: SessionId): boolean {
    return this.#open.delete(session);
  }

  format(event: SchedulerEvent, { encoding, info }: Pick<OpenSession, "encoding" | "info">): Uint8Array {
    const message = eventMessage(event, { capabilities: info.capabilities, master: this.#master });
    return encodeRecord(encodeMessage(encoding, "scheduler.Event", message));
  }
}
