/**
 * Cuts a stream of bytes into frames: four bytes of length, big-endian, then so many bytes of UTF-8 text.
 *
 * Invariant: it never holds more than one frame of the largest size; a longer one is refused by its length,
 * before it has arrived. A frame of length 0 is a sign of life and is not handed on.
 */

import { limits } from "#base/limits.ts";

const headerBytes = 4;

export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #frameBytesMax: number;

  /** The first frame may have a smaller bound: it comes from an end that is not known yet. */
  constructor(firstFrameBytesMax: number = limits.linkFrameBytesMax) {
    this.#frameBytesMax = firstFrameBytesMax;
  }

  /** The texts that are complete now; undefined when a frame is too long, after which nothing is to be read. */
  take(chunk: Buffer): string[] | undefined {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const texts: string[] = [];
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined) return texts;
      if (length > this.#frameBytesMax) return undefined;
      if (this.#bytes < headerBytes + length) return texts;
      const frame = this.#cut(headerBytes + length);
      if (length === 0) continue;
      this.#frameBytesMax = limits.linkFrameBytesMax;
      texts.push(frame.toString("utf8", headerBytes));
    }
  }

  #nextLength(): number | undefined {
    if (this.#bytes < headerBytes) return undefined;
    const first = this.#chunks[0];
    // Seldom: the header itself came in pieces.
    if (first === undefined || first.length < headerBytes) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]?.readUInt32BE(0);
  }

  #cut(length: number): Buffer {
    const first = this.#chunks[0];
    const all = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    const rest = all.subarray(length);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#bytes -= length;
    return all.subarray(0, length);
  }
}

export function encodeBytes(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(headerBytes + length);
  bytes.writeUInt32BE(length, 0);
  bytes.write(text, headerBytes);
  return bytes;
}
