/**
 * Values that break programs: texts, numbers and JSON that somebody once forgot to think of.
 */

import type { Draw } from "./draw.ts";

export const oddTexts: readonly string[] = [
  "",
  " ",
  "0",
  "-1",
  "NaN",
  "null",
  "true",
  "*",
  "/",
  "//",
  "a/b",
  "/a/../b",
  "../../etc/passwd",
  ".",
  "..",
  "a:b;c,d=e&f",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "then",
  "a\0b",
  "\u0001\u001f\u007f",
  "a\r\nb: c",
  "\ufeffx",
  "\ud800",
  "\udc00\ud800",
  "é\u0301\u202e\u200b",
  "💩",
  "\uffff",
  "%00%2e%2e%2f",
  "$\u007bx}{{y}}`z`'\"<&>\\",
  "9".repeat(40),
  "1e309",
  "x".repeat(256),
  "x".repeat(4_097),
  "/a".repeat(300),
  "(a+)+$",
  "[",
  "((((((((((a*)*)*)*)*)*)*)*)*)*)*$",
  "2030-01-01T00:00:00.000Z",
  "0000-00-00",
];

export const oddNumbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  0.1,
  0.0001,
  -0.5,
  1.5,
  255,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e15,
  1e18,
  1e21,
  1e300,
  1.7976931348623157e308,
  5e-324,
];

/** JSON numbers that no JavaScript number is. */
export const oddNumberTexts: readonly string[] = [
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775809",
  "18446744073709551615",
  "18446744073709551616",
  "1e400",
  "-1e400",
  "1e-400",
  "0.1000000000000000055511151231257827021181583404541015625",
  `1${"0".repeat(400)}`,
  "1E+2",
  "-0",
  "-0.0",
];

export function oddJson(draw: Draw): unknown {
  switch (draw.below(9)) {
    case 0:
      return null;
    case 1:
      return draw.percent(50);
    case 2:
    case 3:
      return draw.pick(oddNumbers);
    case 4:
    case 5:
      return draw.pick(oddTexts);
    case 6:
      return draw.pick<unknown>([[], [null], [[]], [1, "a", {}], new Array(1_000).fill(0)]);
    case 7:
      return draw.pick<unknown>([{}, { value: 1 }, JSON.parse('{"__proto__":{"a":1},"constructor":2}')]);
    default:
      return nested(draw.pick([3, 60, 64, 65, 200]), draw.percent(50));
  }
}

function nested(depth: number, asList: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = asList ? [value] : { a: value };
  return value;
}
