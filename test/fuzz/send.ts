/**
 * Sends a request byte for byte over a connection of its own, and reads what comes back.
 *
 * It never waits longer than it is told to: no answer by then is an outcome like any other. Endless answers
 * are read for a moment and left.
 */

import { connect } from "node:net";
import type { FuzzRequest } from "./request.ts";

export type Outcome =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly head: string;
      readonly body: string;
      readonly isStream: boolean;
    }
  /** Ended by the server: without an answer, or in the middle of one. */
  | { readonly kind: "closed"; readonly received: string }
  | { readonly kind: "silent"; readonly received: string }
  | { readonly kind: "refused"; readonly reason: string }
  /** We left first, as the request asked for. */
  | { readonly kind: "left" };

const keptBytesMax = 64 * 1024;
const streamReadMs = 15;

export function send(
  request: FuzzRequest,
  port: number,
  address: string,
  withinMs: number,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: address, allowHalfOpen: true });
    const reader = new AnswerReader(request.method);
    let isOver = false;
    const finish = (outcome: Outcome): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(deadline);
      socket.destroy();
      resolve(outcome);
    };
    const deadline = setTimeout(() => finish({ kind: "silent", received: reader.text() }), withinMs);
    socket.on("data", (chunk: Buffer) => {
      reader.push(chunk);
      const answer = reader.answer();
      if (answer === undefined) return;
      if (answer.isStream) setTimeout(() => finish(answer), streamReadMs);
      else finish(answer);
    });
    const ended = (): void => finish(reader.answer(true) ?? { kind: "closed", received: reader.text() });
    socket.on("end", ended);
    socket.on("close", ended);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") finish({ kind: "refused", reason: error.message });
      // A server that has answered may cut what is still on its way.
      else ended();
    });
    socket.on("connect", () => void write(request, socket, finish));
  });
}

async function write(
  { pieces, ending }: FuzzRequest,
  socket: ReturnType<typeof connect>,
  finish: (outcome: Outcome) => void,
): Promise<void> {
  socket.setNoDelay();
  for (const [index, piece] of pieces.entries()) {
    if (socket.destroyed) return;
    socket.write(piece);
    if (index < pieces.length - 1) await new Promise((resolve) => setTimeout(resolve, 3));
  }
  if (ending === "half-close") socket.end();
  if (ending === "vanish") socket.end(() => finish({ kind: "left" }));
}

/** As much of HTTP's answers as is needed to know where one ends. */
class AnswerReader {
  readonly #isHead: boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(method: string) {
    this.#isHead = method === "HEAD";
  }

  push(chunk: Buffer): void {
    this.#length += chunk.length;
    if (this.#bytes.length < keptBytesMax) this.#bytes = Buffer.concat([this.#bytes, chunk]);
    // Answers of "go on" are none.
    while (/^HTTP\/1\.1 1\d\d /.test(this.text(13)) && this.#bytes.includes("\r\n\r\n")) {
      const end = this.#bytes.indexOf("\r\n\r\n") + 4;
      this.#bytes = this.#bytes.subarray(end);
      this.#length -= end;
    }
  }

  text(length = 300): string {
    return this.#bytes.subarray(0, length).toString("latin1");
  }

  /** Undefined as long as it is not whole; `isOver`: no more comes. */
  answer(isOver = false): Extract<Outcome, { kind: "answered" }> | undefined {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end === -1) return undefined;
    const head = this.#bytes.subarray(0, end).toString("latin1");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0);
    const declared = /^content-length: *(\d+)/im.exec(head)?.[1];
    const received = this.#length - end - 4;
    const hasNoBody = this.#isHead || status === 204 || status === 304;
    const isStream = declared === undefined && !hasNoBody && /^transfer-encoding: *chunked/im.test(head);
    const isWhole = hasNoBody || isStream || (declared === undefined ? isOver : received >= Number(declared));
    if (!isWhole) return undefined;
    const body = this.#bytes.subarray(end + 4).toString();
    return { kind: "answered", status, head, body, isStream };
  }
}
