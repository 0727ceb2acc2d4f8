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
