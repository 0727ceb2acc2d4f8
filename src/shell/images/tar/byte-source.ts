/**
 * Reads a stream of bytes by the piece: so many exactly, or so many in chunks as they come.
 */

import { TarFault } from "./entry.ts";

export class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** Fewer only at the end, and then none or those that are left. */
  async take(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let missing = count;
    while (missing > 0 && (await this.#fill())) {
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.length);
      pieces.push(piece);
      missing -= piece.length;
    }
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
  }

  /** Throws when the stream ends before. */
  async exactly(count: number): Promise<Buffer> {
    const bytes = await this.take(count);
    if (bytes.length < count) throw new TarFault("the archive ends in the middle");
    return bytes;
  }

  async *chunks(count: number): AsyncGenerator<Buffer> {
    let missing = count;
    while (missing > 0) {
      if (!(await this.#fill())) throw new TarFault("the archive ends in the middle");
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  async skip(count: number): Promise<void> {
    for await (const _piece of this.chunks(count));
  }

  /** To the end, so that whoever hashes the stream has seen all of it. */
  async drain(): Promise<void> {
    do this.#held = Buffer.alloc(0);
    while (await this.#fill());
  }

  /** Whoever gives the bytes need not go on. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #fill(): Promise<boolean> {
    while (this.#held.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      const chunk = next.value;
      this.#held = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
    return true;
  }
}
