/**
 * A request's body handed over as it comes: to doors that take it so, with back-pressure down to the socket.
 */

import type { IncomingMessage } from "node:http";
import type { BodyStream } from "#ports/door.ts";

export const streamBody = (request: IncomingMessage): BodyStream => ({
  read: (reader) => {
    let over = false;
    const finish = (isWhole: boolean): void => {
      if (over) return;
      over = true;
      reader.ended(isWhole);
    };
    if (request.destroyed) return finish(false);
    request.on("data", (chunk: Buffer) => {
      if (!over) reader.chunk(chunk);
    });
    request.once("end", () => finish(true));
    request.once("close", () => finish(false));
    request.on("error", () => finish(false));
  },
  pause: () => void request.pause(),
  resume: () => void request.resume(),
});
