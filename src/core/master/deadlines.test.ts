/**
 * Deadlines against a plain sorted list.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deadlines } from "./deadlines.ts";

const change = fc.record({
  key: fc.integer({ min: 0, max: 20 }),
  atMs: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
});

test("deadlines: agree with a sorted list after any changes", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 200 }), fc.nat(25), fc.nat(50), (changes, count, untilMs) => {
      const deadlines = new Deadlines<number>();
      const reference = new Map<number, number>();
      for (const { key, atMs } of changes) {
        deadlines.set(key, atMs);
        if (atMs === undefined) reference.delete(key);
        else reference.set(key, atMs);
      }
      const times = [...reference.values()].sort((a, b) => a - b);
      assert.equal(deadlines.size, times.length);
      assert.equal(deadlines.nextMs, times[0]);
      const due = deadlines.first(count, untilMs);
      assert.deepEqual(
        due.map((key) => reference.get(key)),
        times.filter((atMs) => atMs <= untilMs).slice(0, count),
      );
      assert.equal(new Set(due).size, due.length);
    }),
  );
});

test("deadlines: equal times come in the order in which they were set", () => {
  const deadlines = new Deadlines<string>();
  for (const key of ["c", "a", "b"]) deadlines.set(key, 5);
  assert.deepEqual(deadlines.first(10), ["c", "a", "b"]);
});
