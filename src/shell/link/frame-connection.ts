/**
 * One connection of the agent link, the same at both ends: frames out and in, signs of life, a bounded queue.
 *
 * Invariant: `closed` is called exactly once, never from within `send`; nothing is received after it.
 */

import type { Socket } from "node:net";
import { limits } from "#base/limits.ts";
import { encodeBytes, FrameReader } from "./frame-reader.ts";

export interface FrameConnection {
  send(text: string): void;
  close(reason: string): void;
}

export type FrameListener = {
  received(text: string): void;
  /** `reason` is for the log. */
  closed(reason: string): void;
};

const signOfLife = encodeBytes("");
/** So many intervals without a byte end the connection: a cut cable says nothing by itself. */
const silentIntervalsMax = 4;

/** `head`: what came right behind the upgrade. `firstFrameBytesMax`: see `FrameReader`. */
export function connectFrames(
  socket: Socket,
  head: Buffer,
  listener: FrameListener,
  firstFrameBytesMax?: number,
): FrameConnection {
  const reader = new FrameReader(firstFrameBytesMax);
  let silentIntervals = 0;
  let hasWritten = false;
  let closing: string | undefined;

  const close = (reason: string): void => {
    closing ??= reason;
    socket.destroy();
  };
  const read = (chunk: Buffer): void => {
    silentIntervals = 0;
    const texts = reader.take(chunk);
    if (texts === undefined) return close("a frame is longer than it may be");
    for (const text of texts) {
      if (closing !== undefined) return;
      listener.received(text);
    }
  };
  const write = (bytes: Buffer): void => {
    if (closing !== undefined) return;
    if (socket.writableLength + bytes.length > limits.linkQueueBytesMax) {
      return close("the other end reads too slowly");
    }
    // What one batch of the loop sends travels together.
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(bytes);
    hasWritten = true;
  };
  // Intervals are counted, not time: a stop of this process must not look like the other's silence.
  const beat = setInterval(() => {
    silentIntervals += 1;
    if (silentIntervals > silentIntervalsMax) return close("the other end is silent");
    // Whatever was said is a sign of life as well.
    if (!hasWritten) write(signOfLife);
    hasWritten = false;
  }, limits.linkKeepaliveMs);

  socket.setNoDelay(true);
  socket.setTimeout(0);
  socket.on("data", read);
  socket.on("error", (error) => {
    closing ??= error.message;
  });
  socket.on("end", () => close("the other end closed the connection"));
  socket.on("close", () => {
    clearInterval(beat);
    listener.closed(closing ?? "the connection ended");
  });
  // Later, so that the caller has stored what this returns before the first frame comes.
  if (head.length > 0) process.nextTick(() => socket.unshift(head));
  return { send: (text) => write(encodeBytes(text)), close };
}
