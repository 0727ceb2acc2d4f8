/**
 * Protobuf bytes as they grow: the primitive values of the wire format, written.
 *
 * The buffer doubles when it is full. A message inside another is written behind one byte kept for its
 * length, and moved up if the length needs more; a byte is moved at most once per level of nesting.
 */

import { encodeUtf8 } from "../../../json/text.ts";

/** Shorter texts are written here; the engine's encoder only pays for longer ones. */
const shortTextMax = 48;

export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** The bytes written, in a buffer of their own size. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  #byte(value: number): void {
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  /** Of an unsigned integer of 32 bits. */
  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#byte(rest);
  }

  /** Negative numbers as their 64-bit complement. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    if (rest <= 0xffff_ffffn) {
      this.varint(Number(rest));
      return;
    }
    this.#reserve(10);
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
  }

  signed32(value: number): void {
    if (value >= 0) this.varint(value);
    else this.varint64(BigInt(value));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  text(value: string): void {
    if (value.length > shortTextMax || !this.#shortText(value)) this.bytes(encodeUtf8(value));
  }

  /** Whether it was plain ASCII, and was written. */
  #shortText(value: string): boolean {
    this.#reserve(value.length + 1);
    const start = this.#length;
    this.#byte(value.length);
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) {
        this.#length = start;
        return false;
      }
      this.#byte(code);
    }
    return true;
  }

  /** What `write` writes, behind its length. */
  delimited(write: () => void): void {
    this.#reserve(1);
    const start = this.#length + 1;
    this.#length = start;
    write();
    const length = this.#length - start;
    if (length <= 0x7f) {
      this.#bytes[start - 1] = length;
      return;
    }
    const more = Math.ceil((32 - Math.clz32(length)) / 7) - 1;
    this.#reserve(more);
    this.#bytes.copyWithin(start + more, start, start + length);
    this.#length = start - 1;
    this.varint(length);
    this.#length += length;
  }
}
