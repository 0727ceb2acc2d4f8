/**
 * RecordIO, read: chunks of bytes in, cut anywhere, whole records out.
 *
 * A length is decimal digits without leading zeros, at most `limits.recordBytesMax`, and a line feed; anything
 * else is a fault of the stream, after which nothing more is read. Holds at most one record, in a buffer that
 * grows with what has come, never with what was only announced. Never throws.
 */

import { limits } from "#base/limits.ts";

export type Records =
  | { readonly ok: true; readonly records: readonly Uint8Array[] }
  /** The records before the fault, and what is wrong. */
  | { readonly ok: false; readonly records: readonly Uint8Array[]; readonly why: string };

const lineFeed = 0x0a;
const digitZero = 0x30;
const digitNine = 0x39;

export class RecordDecoder {
  #why: string | undefined;
  /** What is known of the length so far; undefined while no digit has come. */
  #announced: number | undefined;
  /** The bytes of the current record; undefined while its length is read. */
  #body: Uint8Array | undefined;
  #filled = 0;

  push(chunk: Uint8Array): Records {
    const records: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length && this.#why === undefined) {
      if (this.#body === undefined) {
        this.#readLength(chunk[at] ?? 0);
        at += 1;
      } else {
        at += this.#fill(this.#body, chunk.subarray(at));
      }
      if (this.#body !== undefined && this.#filled === this.#announced) records.push(this.#take(this.#body));
    }
    return this.#answer(records);
  }

  /** To be asked when the stream has ended: whether it ended between records. */
  end(): Records {
    if (this.#announced !== undefined) this.#why ??= "the stream ended inside a record";
    return this.#answer([]);
  }

  #answer(records: readonly Uint8Array[]): Records {
    return this.#why === undefined ? { ok: true, records } : { ok: false, records, why: this.#why };
  }

  #readLength(byte: number): void {
    if (byte === lineFeed && this.#announced !== undefined) {
      this.#body = new Uint8Array(Math.min(this.#announced, 1_024));
      this.#filled = 0;
    } else if (byte < digitZero || byte > digitNine) {
      this.#why = `a record's length has the byte ${byte} where a digit is needed`;
    } else if (this.#announced === 0) {
      this.#why = "a record's length has a leading zero";
    } else {
      this.#announced = (this.#announced ?? 0) * 10 + byte - digitZero;
      if (this.#announced > limits.recordBytesMax) {
        this.#why = `a record is longer than ${limits.recordBytesMax} bytes`;
      }
    }
  }

  /** Takes what belongs to the record, and says how much that was. */
  #fill(body: Uint8Array, chunk: Uint8Array): number {
    const wanted = (this.#announced ?? 0) - this.#filled;
    const part = chunk.subarray(0, wanted);
    const filled = this.#filled + part.length;
    let target = body;
    if (filled > body.length) {
      target = new Uint8Array(Math.min(this.#announced ?? 0, Math.max(filled, body.length * 2)));
      target.set(body.subarray(0, this.#filled));
      this.#body = target;
    }
    target.set(part, this.#filled);
    this.#filled = filled;
    return part.length;
  }

  #take(body: Uint8Array): Uint8Array {
    this.#body = undefined;
    this.#announced = undefined;
    return body;
  }
}
