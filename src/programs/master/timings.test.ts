/**
 * What is timed is told under Mesos's names, and only what was timed.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MasterRecord } from "#core/master/records.ts";
import type { Store } from "#ports/store.ts";
import { timerMetrics } from "#wire/mesos/metrics.ts";
import { MasterTimings } from "./timings.ts";

const store: Store = {
  load: (_, done) => done({ ok: true, rows: [] }),
  commit: (_, done) => done({ ok: true, revision: 7 }),
};

test("a store that is written to and read, and what allocates, have their timers", () => {
  const timings = new MasterTimings();
  const names = (): string[] => timerMetrics(timings.figures()).map(([name]) => name);
  assert.deepEqual(names(), []);
  let revision = 0;
  timings.timed(store).commit([], (outcome) => {
    revision = outcome.ok ? outcome.revision : 0;
  });
  assert.equal(revision, 7);
  assert.ok(names().includes("registrar/state_store_ms"));
  assert.ok(names().includes("registrar/state_store_ms/p99"));
  timings.deciding();
  timings.decided([{ kind: "suppression", id: "f", value: undefined }]);
  assert.ok(!names().includes("allocator/mesos/allocation_run_ms"));
  const cycle = { atMs: 1, considered: [], complete: true, heldBack: false };
  timings.decided([{ kind: "allocation-cycle", id: "current", value: cycle } satisfies MasterRecord]);
  assert.ok(names().includes("allocator/mesos/allocation_run_ms"));
});
