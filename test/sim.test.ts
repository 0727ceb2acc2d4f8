/**
 * The simulator's everyday dose: a hundred and twenty seeds, twelve of them twice.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { describeFailure, runMany } from "#sim/many.ts";
import { runSeed } from "#sim/scenario.ts";

const aimSeconds = 60;

test("simulator: 120 seeds keep every promise, and the first 12 run the same way twice", async (context) => {
  const report = await runMany({ start: 1, count: 120, twice: 12 });
  context.diagnostic(`${report.summary} (aim: ${aimSeconds} s on 2 cores)`);
  assert.equal(report.failures.length, 0, report.failures.map(describeFailure).join("\n\n"));
});

test("simulator: different seeds are different runs, and do something", () => {
  const [first, second] = [runSeed(1, { digest: true }), runSeed(2, { digest: true })];
  assert.notEqual(first.digest, second.digest);
  assert.ok(first.answered > 0 && first.started > 0, JSON.stringify({ ...first, lastNotes: [] }));
});

test("simulator: the real world is put back after a run", () => {
  runSeed(3);
  assert.ok(Date.now() > 0);
  assert.ok(Math.random() < 1);
});
