/**
 * Endless answers (server-sent events, records), each with a bounded queue: a reader that is too slow is cut off.
 */

import type { ServerResponse } from "node:http";
import { limits } from "#base/limits.ts";
import type { StreamAnswer } from "#ports/door.ts";
import { messageAnswer } from "./answers.ts";
import { sendBody, setHeaders } from "./send.ts";

export interface Streams {
  send(response: ServerResponse, answer: StreamAnswer, isHead: boolean): void;
  readonly count: number;
}

export function createStreams(dropped: (remoteAddress: string) => void): Streams {
  let count = 0;
  return {
    get count() {
      return count;
    },
    send: (response, answer, isHead) => {
      if (response.destroyed) return;
      if (count >= limits.streamsMax) {
        const text = `There are ${limits.streamsMax} readers of event streams already; try again later.`;
        return sendBody(response, messageAnswer(503, text));
      }
      response.statusCode = 200;
      setHeaders(response, answer.headers);
      if (isHead) return void response.end();
      response.flushHeaders();
      count += 1;
      openStream(response, answer, dropped, () => {
        count -= 1;
      });
    },
  };
}

function openStream(
  response: ServerResponse,
  answer: StreamAnswer,
  dropped: (remoteAddress: string) => void,
  ended: () => void,
): void {
  const { heartbeat, queueBytesMax = limits.streamQueueBytesMax } = answer;
  let wroteAtMs = performance.now();
  const write = (chunk: string | Uint8Array): void => {
    if (response.destroyed || response.writableEnded) return;
    const waiting = response.writableLength + (response.socket?.writableLength ?? 0);
    // A chunk as such may be larger than the queue: the first one of some streams is a whole cluster.
    if (waiting > queueBytesMax) {
      dropped(response.socket?.remoteAddress ?? "");
      return void response.destroy();
    }
    wroteAtMs = performance.now();
    writeApart(response, chunk);
  };
  const beat = (everyMs: number, always: boolean, text: string | Uint8Array): void => {
    if (always || performance.now() - wroteAtMs >= everyMs / 2) write(text);
  };
  const beating =
    heartbeat === undefined
      ? undefined
      : setInterval(
          () => beat(heartbeat.everyMs, heartbeat.always === true, heartbeat.text),
          heartbeat.everyMs,
        );
  const close = answer.open({ write, end: () => void response.end() });
  // Also when the answer is over and the connection lives on.
  response.on("close", () => {
    clearInterval(beating);
    ended();
    close();
  });
}

/**
 * Chunks of one tick leave together but stay apart: left to itself node makes one of them, and there are
 * clients that take each chunk for one record.
 */
function writeApart(response: ServerResponse, chunk: string | Uint8Array): void {
  const { socket } = response;
  if (socket !== null && socket.writableCorked === 0) {
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
  response.write(chunk);
}
