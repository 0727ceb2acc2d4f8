import assert from "node:assert/strict";
import { test } from "node:test";
import { rowHeight, rowsInSight, windowFor, windowStep } from "./rows-in-sight.ts";

const height = 700;

test("whatever is in sight is in the document, wherever one is and whichever way one scrolls", () => {
  for (const isDown of [true, false])
    for (let from = 0; from <= 20_000 * rowHeight - height; from += 997) {
      const { first, end } = rowsInSight(from, height, 20_000, isDown);
      assert.ok(first * rowHeight <= from, `the first at ${from}`);
      assert.ok(end * rowHeight >= Math.min(20_000 * rowHeight, from + height), `the last at ${from}`);
      assert.ok(end - first <= 45, `${end - first} rows at ${from}`);
    }
});

test("most frames of a scroll change nothing", () => {
  const seen = new Set<string>();
  for (let frame = 0; frame < 100; frame += 1) {
    const { first, end } = rowsInSight(50_000 + frame * rowHeight, height, 20_000, true);
    seen.add(`${first} ${end}`);
  }
  assert.ok(seen.size <= 27, `${seen.size} changes in 100 rows`);
});

test("a short table is all there, and one of which less is left than was scrolled is not drawn beyond its end", () => {
  assert.deepEqual(rowsInSight(0, height, 3, true), { first: 0, end: 3 });
  assert.deepEqual(rowsInSight(10_000, height, 3, true), { first: 3, end: 3 });
});

test("what is in sight is in the window that is asked for, also when a filter left few of many", () => {
  for (let first = 0; first < 2_000; first += 7) {
    const offset = windowFor(first);
    assert.ok(offset <= first && first + 50 < offset + 3 * windowStep, `${offset} for ${first}`);
  }
  const { first } = rowsInSight(900 * rowHeight, height, 20, true);
  assert.equal(windowFor(first), 0);
});
