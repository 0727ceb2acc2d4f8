/**
 * A page is what sorting the whole would show there.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byNumber, pageOf } from "./paging.ts";

test("each page is the part of the sorted whole", () => {
  const numbers = fc.uniqueArray(fc.integer(), { maxLength: 200 });
  fc.assert(
    fc.property(numbers, fc.nat(210), fc.integer({ min: 1, max: 50 }), (items, offset, limit) => {
      const sorted = items.toSorted(byNumber);
      assert.deepEqual(pageOf([...items], byNumber, offset, limit), sorted.slice(offset, offset + limit));
    }),
  );
});

test("so is one of the first pages of a long list, whichever order that is in", () => {
  const numbers = fc.uniqueArray(fc.integer(), { minLength: 150, maxLength: 300, size: "max" });
  const order = fc.constantFrom(1, -1, 0);
  fc.assert(
    fc.property(numbers, order, fc.nat(10), fc.integer({ min: 1, max: 8 }), (all, sign, offset, limit) => {
      const sorted = all.toSorted(byNumber);
      const items = sign === 0 ? all : all.toSorted((left, right) => sign * (left - right));
      assert.deepEqual(pageOf([...items], byNumber, offset, limit), sorted.slice(offset, offset + limit));
    }),
  );
});
