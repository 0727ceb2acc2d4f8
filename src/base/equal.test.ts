import assert from "node:assert/strict";
import { test } from "node:test";
import { equalValues } from "./equal.ts";

test("the order of keys and keys without a value say nothing", () => {
  assert.ok(equalValues({ a: 1, b: { c: [1, 2], d: undefined } }, { b: { c: [1, 2] }, a: 1 }));
});

test("values, lengths, orders of lists and additional keys count", () => {
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { a: 1, b: 0 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [{}, []],
    [null, {}],
    [undefined, null],
    ["1", 1],
    [{}, { constructor: Object }],
  ];
  for (const [left, right] of pairs) {
    assert.ok(!equalValues(left, right), JSON.stringify([left, right]));
    assert.ok(!equalValues(right, left), JSON.stringify([right, left]));
  }
});
