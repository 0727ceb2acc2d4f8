/**
 * A cursor over protobuf bytes: the primitive values of the wire format.
 *
 * Never throws. The first fault sets `fault` and moves the cursor to the end, so that whoever reads in a loop
 * stops; what was read since is worth nothing. Nothing is read past `end`, which is the end of the message
 * being read, not of the bytes.
 */

import { decodeUtf8Exactly } from "../../../json/text.ts";
import { wireTypes } from "./wire-format.ts";

/** Shorter texts are put together here; the engine's decoder only pays for longer ones. */
const shortTextMax = 48;

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;
  end: number;
  fault: string | undefined;
  /** The upper half of the last varint; the lower is what `varint` gives. */
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
  }

  fail(fault: string): void {
    this.fault ??= fault;
    this.at = this.end;
  }

  /** A varint's lower 32 bits, unsigned. */
  varint(): number {
    let low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= this.end) {
        this.fail("it ends inside a number");
        return 0;
      }
      const byte = this.#bytes[this.at] ?? 0;
      this.at += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        this.#high = bits >> 4;
      } else this.#high |= bits << (shift - 32);
      if (byte < 0x80) return low >>> 0;
    }
    this.fail("a number is longer than 10 bytes");
    return 0;
  }

  unsigned64(): bigint {
    const low = this.varint();
    return this.#high === 0 ? BigInt(low) : (BigInt(this.#high >>> 0) << 32n) | BigInt(low);
  }

  signed64(): bigint {
    return BigInt.asIntN(64, this.unsigned64());
  }

  /** Any bit of the 64 counts. */
  bool(): boolean {
    return this.varint() !== 0 || this.#high !== 0;
  }

  /** A tag: the field's number shifted by three, with the wire type below. */
  tag(): number {
    const tag = this.varint();
    if (this.fault === undefined && (this.#high !== 0 || tag >>> 3 === 0)) this.fail("a tag is not one");
    return tag;
  }

  double(): number {
    if (this.end - this.at < 8) {
      this.fail("it ends inside a number");
      return 0;
    }
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** The length of what follows, which is all there. */
  length(): number {
    const length = this.varint();
    if (this.#high === 0 && length <= this.end - this.at) return length;
    this.fail("a length goes beyond the end");
    return 0;
  }

  bytes(): Uint8Array {
    const length = this.length();
    const start = this.at;
    this.at += length;
    return this.#bytes.slice(start, start + length);
  }

  text(): string {
    const length = this.length();
    const start = this.at;
    const text = length <= shortTextMax ? this.#shortText(length) : undefined;
    if (this.fault !== undefined) return "";
    this.at = start + length;
    if (text !== undefined) return text;
    const decoded = decodeUtf8Exactly(this.#bytes.subarray(start, start + length));
    if (decoded === undefined) this.fail("a text is not valid UTF-8");
    else if (decoded.includes("\0")) this.fail("a text has a NUL character");
    return decoded ?? "";
  }

  /** Undefined if there is more in it than plain ASCII. */
  #shortText(length: number): string | undefined {
    let text = "";
    for (let index = this.at; index < this.at + length; index += 1) {
      const code = this.#bytes[index] ?? 0;
      if (code >= 0x80 || code === 0) return undefined;
      text += String.fromCharCode(code);
    }
    return text;
  }

  skip(wireType: number): void {
    switch (wireType) {
      case wireTypes.varint:
        this.varint();
        return;
      case wireTypes.fixed64:
        this.#skipBytes(8);
        return;
      case wireTypes.bytes:
        this.#skipBytes(this.length());
        return;
      case wireTypes.fixed32:
        this.#skipBytes(4);
        return;
      default:
        this.fail(`a field has wire type ${wireType}, which is a group or nothing at all`);
    }
  }

  #skipBytes(count: number): void {
    if (count > this.end - this.at) this.fail("it ends inside a field");
    else this.at += count;
  }
}
