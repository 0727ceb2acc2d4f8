/**
 * Valid things made invalid: JSON in its structure or in its text, and bytes of any kind.
 */

import type { Draw } from "./draw.ts";
import { oddJson, oddNumberTexts, oddTexts } from "./odd-values.ts";

const encoder = new TextEncoder();

/** JSON text of the value with one to three places changed. */
export function mutateJson(value: unknown, draw: Draw): Uint8Array {
  let changed = structuredClone(value);
  for (let count = 1 + draw.below(3); count > 0; count -= 1) changed = changePlace(changed, draw);
  return encoder.encode(mutateJsonText(JSON.stringify(changed) ?? "null", draw));
}

/** Walks down to a random place and changes what is there. */
function changePlace(value: unknown, draw: Draw): unknown {
  if (typeof value !== "object" || value === null || draw.percent(15)) return oddJson(draw);
  if (Array.isArray(value)) {
    if (value.length === 0 || draw.percent(20)) return [...value, oddJson(draw)];
    const index = draw.below(value.length);
    return draw.percent(15) ? value.toSpliced(index, 1) : value.with(index, changePlace(value[index], draw));
  }
  const names = Object.keys(value);
  const copy: Record<string, unknown> = { ...value };
  if (names.length === 0 || draw.percent(15)) {
    define(copy, draw.pick(oddTexts), oddJson(draw));
    return copy;
  }
  const name = draw.pick(names);
  if (draw.percent(20)) delete copy[name];
  else define(copy, name, changePlace(copy[name], draw));
  return copy;
}

/** `__proto__` too is a member like any other. */
const define = (object: object, name: string, value: unknown): void =>
  void Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });

/** What JSON.stringify never writes: members twice, numbers beyond all numbers, comments. */
function mutateJsonText(text: string, draw: Draw): string {
  switch (draw.below(10)) {
    case 0:
      return text.replace(/-?\d+(?:\.\d+)?(?=[,}\]])/, () => draw.pick(oddNumberTexts));
    case 1:
      return text.replace(/\{"([^"\\]+)":/, (start, name) => `${start}null,"${name}":`);
    case 2:
      return text.replace(/"/, () => draw.pick(["'", "", '"\\u0000', '"\\ud800', '"\\x', '""']));
    default:
      return text;
  }
}

/** Bytes with some of them cut off, changed, added or doubled. */
export function mutateBytes(bytes: Uint8Array, draw: Draw): Uint8Array {
  const at = draw.below(bytes.length + 1);
  const before = bytes.subarray(0, at);
  const after = bytes.subarray(at);
  switch (draw.below(8)) {
    case 0:
      return before;
    case 1:
      return join(before, after.subarray(1 + draw.below(4)));
    case 2:
      return join(before, draw.bytes(1 + draw.below(4)), after);
    case 3:
      return join(before, draw.pick(oddBytes), after);
    case 4:
      return join(bytes, bytes);
    case 5:
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << draw.below(8)) : byte));
    case 6:
      return join(draw.pick(oddBytes), bytes);
    default:
      return draw.bytes(draw.pick([0, 1, 2, 16, 200, 5_000]));
  }
}

const oddBytes: readonly Uint8Array[] = [
  [0xff],
  [0x00],
  [0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  // Of protobuf: numbers without end, lengths beyond all, groups, types that are none.
  new Array<number>(11).fill(0xff),
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07],
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x0b, 0x0b, 0x0b, 0x0c],
  [0x0f],
  [0x08, 0xff, 0xff, 0xff, 0xff, 0x0f],
].map((bytes) => Uint8Array.from(bytes));

export const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
