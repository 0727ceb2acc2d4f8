/**
 * A job that never comes back costs its own worker, and no other job.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runOnAllCores } from "./cores.ts";

test("whoever does not come back in time is given up, and all the others are run", async () => {
  const { outcomes, summary } = await runOnAllCores({
    worker: new URL("../../test/support/looping-worker.ts", import.meta.url),
    ...{ count: 12, failuresMax: 5, jobMsMax: 5_000 },
    jobOf: (index) => ({ index, loops: index === 3 }),
    stuck: ({ index }) => ({ problem: `job ${index} is stuck`, events: 0, virtualMs: 0, started: 0 }),
  });
  assert.deepEqual(
    outcomes.map(({ problem }) => problem),
    ["job 3 is stuck"],
  );
  assert.match(summary, /^12 seeds, 1 failed/);
});
