/**
 * Answers that hold back who writes them while their reader is slow: memory stays within two buffers, and no
 * byte is lost.
 *
 * Bounded in number, apart from the readers of events: people work behind these.
 */

import type { ServerResponse } from "node:http";
import { limits } from "#base/limits.ts";
import type { FlowAnswer } from "#ports/door.ts";
import { messageAnswer } from "./answers.ts";
import { sendBody, setHeaders } from "./send.ts";

export interface Flows {
  send(response: ServerResponse, answer: FlowAnswer): void;
}

export function createFlows(): Flows {
  let count = 0;
  let looks = 0;
  return {
    send: (response, answer) => {
      if (response.destroyed) return answer.refused();
      if (response.req.method === "HEAD") {
        answer.refused();
        setHeaders(response, answer.headers);
        return void response.end();
      }
      const isLook = answer.isLook === true;
      const [under, most] = isLook ? [looks, limits.logReadersMax] : [count, limits.flowsMax];
      if (under >= most || count >= limits.flowsMax) {
        answer.refused();
        const text = `There are ${most} answers under way that wait for their readers; try again later.`;
        return sendBody(response, messageAnswer(503, text));
      }
      const taken = isLook ? 1 : 0;
      count += 1;
      looks += taken;
      response.once("close", () => {
        count -= 1;
        looks -= taken;
      });
      open(response, answer);
    },
  };
}

function open(response: ServerResponse, answer: FlowAnswer): void {
  response.statusCode = 200;
  setHeaders(response, answer.headers);
  response.flushHeaders();
  // Keys that are typed one by one must come back one by one.
  response.socket?.setNoDelay(true);
  const source = answer.open({
    write: (chunk) => response.destroyed || response.writableEnded || response.write(chunk),
    end: () => void response.end(),
  });
  const { heartbeat } = answer;
  const beating =
    heartbeat === undefined
      ? undefined
      : setInterval(() => {
          // A reader that is held back knows that we live.
          if (!response.writableNeedDrain && !response.writableEnded) response.write(heartbeat.chunk);
        }, heartbeat.everyMs);
  response.on("drain", () => source.resume());
  response.once("close", () => {
    clearInterval(beating);
    source.closed();
  });
}
