/**
 * A file as it grows, as server-sent events: what a page shows of a task's output.
 *
 * One read at a time; while the page does not take what is sent, nothing is read. A file that became shorter was turned
 * over, and is read from its beginning.
 */

import { limits } from "#base/limits.ts";
import type { DoorRequest, FlowSink, FlowSource, Respond } from "#ports/door.ts";
import type { FilePart, FilesOutcome } from "#ports/files.ts";
import { decodeLoosely, encodeUtf8 } from "#wire/json/text.ts";
import { formatServerSentEvent, serverSentHeartbeat } from "#wire/sse.ts";
import type { LogChunk, LogReset } from "#wire/unum/console/session.ts";
import { messageAnswer } from "../answers.ts";
import type { AgentContext } from "../endpoint.ts";
import { readFlags } from "../query.ts";

export function followLog(request: DoorRequest, context: AgentContext, respond: Respond): void {
  const { query, headers } = request;
  const path = query.get("path") ?? "";
  const flags = readFlags(query, { follow: false });
  if (path === "") return respond(messageAnswer(400, "The query parameter path is needed."));
  if (!flags.ok) return respond(messageAnswer(400, flags.message));
  const from = readCount(headers["last-event-id"] ?? query.get("offset") ?? undefined);
  const tail = readCount(query.get("tail") ?? undefined);
  if (from === "wrong" || tail === "wrong")
    return respond(messageAnswer(400, "offset and tail are counts of bytes."));
  context.files.read(path, undefined, 0, (outcome) => {
    if (!outcome.ok) return respond(messageAnswer(statusOf[outcome.code], outcome.message));
    const size = outcome.value.offset;
    const offset = from ?? (tail === undefined ? 0 : Math.max(0, size - tail));
    respond({
      kind: "flow",
      headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
      heartbeat: { everyMs: limits.liveHeartbeatMs, chunk: encodeUtf8(serverSentHeartbeat) },
      isLook: true,
      refused: () => {},
      open: (sink) => new Follower(context, path, offset, flags.value.follow, sink),
    });
  });
}

const statusOf = { "not-found": 404, invalid: 400, forbidden: 403 } as const;

function readCount(text: string | undefined): number | undefined | "wrong" {
  if (text === undefined || text === "") return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : "wrong";
}

class Follower implements FlowSource {
  readonly #context: AgentContext;
  readonly #path: string;
  readonly #follows: boolean;
  readonly #sink: FlowSink;
  #offset: number;
  #isClosed = false;
  #isPaused = false;
  #isReading = false;
  #cancel: (() => void) | undefined;

  constructor(context: AgentContext, path: string, offset: number, follows: boolean, sink: FlowSink) {
    this.#context = context;
    this.#path = path;
    this.#offset = offset;
    this.#follows = follows;
    this.#sink = sink;
    this.#read();
  }

  resume(): void {
    this.#isPaused = false;
    this.#read();
  }

  closed(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  #read(): void {
    if (this.#isClosed || this.#isPaused || this.#isReading) return;
    this.#isReading = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#context.files.read(this.#path, this.#offset, limits.logChunkBytesMax, (outcome) => {
      this.#isReading = false;
      if (!this.#isClosed) this.#take(outcome);
    });
  }

  #take(outcome: FilesOutcome<FilePart>): void {
    // It was there: its sandbox has gone.
    if (!outcome.ok) return this.#sink.end();
    const { offset, data } = outcome.value;
    if (offset < this.#offset) {
      this.#offset = 0;
      this.#write("reset", { sizeBytes: offset } satisfies LogReset);
      return this.#read();
    }
    const whole = data.subarray(0, wholeLength(data));
    // Half a character at the very end is shown when nothing follows.
    const bytes = whole.length === 0 && !this.#follows ? data : whole;
    if (bytes.length === 0) return this.#wait();
    this.#offset = offset + bytes.length;
    this.#write("chunk", { offset, text: decodeLoosely(bytes) } satisfies LogChunk);
    this.#read();
  }

  #wait(): void {
    const { after } = this.#context;
    if (!this.#follows || after === undefined) return this.#sink.end();
    this.#cancel = after(limits.logLookMs, () => this.#read());
  }

  #write(name: string, value: LogChunk | LogReset): void {
    const text = formatServerSentEvent(name, JSON.stringify(value), String(this.#offset));
    if (!this.#sink.write(encodeUtf8(text))) this.#isPaused = true;
  }
}

/** Without the beginning of a character at the end; what is no UTF-8 is not waited for. */
function wholeLength(data: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, data.length); back += 1) {
    const byte = data[data.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return needs > back ? data.length - back : data.length;
  }
  return data.length;
}
