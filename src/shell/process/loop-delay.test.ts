/**
 * A loop that was held up says so.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../test/until.ts";
import { watchLoopDelay } from "./loop-delay.ts";

test("what holds up the event loop is seen in its figures", async () => {
  const read = watchLoopDelay();
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 5);
  await until("the loop turns", () => ticks > 3);
  const endsAtMs = Date.now() + 300;
  while (Date.now() < endsAtMs);
  await until("the pause is counted", () => read().maxMs >= 250);
  clearInterval(timer);
  const { p50Ms, p99Ms, maxMs } = read();
  assert.ok(p50Ms >= 0 && p50Ms <= p99Ms && p99Ms <= maxMs, JSON.stringify(read()));
});
