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

test("planted bugs: each is found", { concurrency: 2 }, async (context) => {
  await Promise.all(
    plantedBugs.map((bug) =>
      context.test(bug.name, async (inner) => {
        const { stdout } = await run(process.execPath, [script, bug.name], { timeout: 120_000 });
        assert.notEqual(
          stdout,
          "",
          `seed ${bug.seed} no longer finds it; look for one with: node ${script} "${bug.name}" 1 1000`,
        );
        inner.diagnostic(stdout.trim().slice(0, 300));
        const { problem } = runSeed(bug.seed);
        assert.equal(problem, undefined, `the unmodified product fails seed ${bug.seed}: ${problem}`);
      }),
    ),
  );
});
