/**
 * Proof that the simulator bites: each planted bug is found by its seed, and the product passes that seed.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { plantedBugs } from "#sim/planted/bugs.ts";
import { runSeed } from "#sim/scenario.ts";

const run = promisify(execFile);
const script = fileURLToPath(new URL("../src/sim/planted/run.ts", import.meta.url));

test("planted bugs: there are at least ten, each with a name of its own", () => {
  assert.ok(new Set(plantedBugs.map((bug) => bug.name)).size >= 10);
});

/**
 * A change of a room changes every run, and may take the bug's seed from it: then the next one that finds it
 * counts, and is named, so that it can be written down.
 */
const seedsTried = 300;

test("planted bugs: each is found", { concurrency: 2 }, async (context) => {
  await Promise.all(
    plantedBugs.map((bug) =>
      context.test(bug.name, async (inner) => {
        const seeds = [String(bug.seed), String(seedsTried)];
        const { stdout } = await run(process.execPath, [script, bug.name, ...seeds], { timeout: 300_000 });
        assert.notEqual(stdout, "", `none of ${seedsTried} seeds from ${bug.seed} on finds it any more`);
        const { seed, problem } = JSON.parse(stdout) as { readonly seed: number; readonly problem: string };
        inner.diagnostic(
          `seed ${seed}${seed === bug.seed ? "" : ` (no longer ${bug.seed})`}: ${problem}`.slice(0, 300),
        );
        const unmodified = runSeed(seed).problem;
        assert.equal(unmodified, undefined, `the unmodified product fails seed ${seed}, too: ${unmodified}`);
      }),
    ),
  );
});
