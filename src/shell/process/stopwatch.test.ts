/**
 * Percentiles of the newest durations, in whatever order they came.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Stopwatch } from "./stopwatch.ts";

test("what was measured is told with its percentiles; the oldest are forgotten, but counted", () => {
  const watch = new Stopwatch();
  assert.equal(watch.figures(), undefined);
  for (let ms = 100; ms >= 1; ms -= 1) watch.note(ms);
  assert.deepEqual(watch.figures(), {
    last: 1,
    count: 100,
    min: 1,
    max: 100,
    p50: 50,
    p90: 90,
    p95: 95,
    p99: 99,
  });
  for (let index = 0; index < 1_000; index += 1) watch.note(7);
  assert.deepEqual(watch.figures(), {
    last: 7,
    count: 1_100,
    min: 7,
    max: 7,
    p50: 7,
    p90: 7,
    p95: 7,
    p99: 7,
  });
});
