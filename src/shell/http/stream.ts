/**
 * Endless answers (server-sent events), each with a bounded queue: a reader that is too slow is cut off.
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
  let wroteAtMs = performance.now();
  const write = (text: string): void => {
    if (response.destroyed) return;
    const waiting = response.writableLength + (response.socket?.writableLength ?? 0);
    if (waiting + text.length > limits.streamQueueBytesMax) {
      dropped(response.socket?.remoteAddress ?? "");
      return void response.destroy();
    }
    wroteAtMs = performance.now();
    response.write(text);
  };
  const heartbeat = setInterval(() => {
    if (performance.now() - wroteAtMs >= answer.heartbeat.everyMs / 2) write(answer.heartbeat.text);
  }, answer.heartbeat.everyMs);
  const close = answer.open({ write });
  response.on("close", () => {
    clearInterval(heartbeat);
    ended();
    close();
  });
}
