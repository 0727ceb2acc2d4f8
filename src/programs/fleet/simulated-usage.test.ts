/**
 * Made-up use is repeatable, within what each task may have, different from task to task, and moves with time.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { frameworkId, taskId } from "#model/ids.ts";
import { resources } from "#model/resources.ts";
import { simulatedUsage } from "./simulated-usage.ts";

const machine = resources({ cpus: 16, mem: 65_536, disk: 1_000 });
const task = (id: string, startedAtMs: number | undefined = 1_000) => ({
  frameworkId: frameworkId("F"),
  spec: { taskId: taskId(id), resources: resources({ cpus: 0.5, mem: 100, disk: 10 }) },
  startedAtMs,
});

test("no task uses more than it may, at any time, and the same question has the same answer", () => {
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(ids, fc.nat(2 ** 40), (names, nowMs) => {
      const held = names.map((name) => task(name));
      const report = simulatedUsage(held, machine, nowMs);
      assert.deepEqual(simulatedUsage(held, machine, nowMs), report);
      assert.equal(report.tasks.length, names.length);
      for (const { cpus = -1, memBytes = -1, diskBytes = -1 } of report.tasks) {
        assert.ok(cpus > 0 && cpus <= 0.5, String(cpus));
        assert.ok(memBytes > 0 && memBytes <= 100 * 1024 * 1024, String(memBytes));
        assert.ok(diskBytes >= 0 && diskBytes <= 10 * 1024 * 1024, String(diskBytes));
      }
      const { cpuShare = -1, memUsedBytes = -1, memTotalBytes = 0 } = report.host ?? {};
      assert.ok(cpuShare > 0 && cpuShare <= 1 && memUsedBytes <= memTotalBytes);
    }),
  );
});

test("tasks differ, their use moves, and one that has not started uses nothing", () => {
  const names = Array.from({ length: 100 }, (_, index) => `fleet-1-${index}`);
  const held = names.map((name) => task(name));
  const at = (nowMs: number) => simulatedUsage(held, machine, nowMs).tasks.map(({ cpus = 0 }) => cpus);
  const now = at(1_000_000);
  assert.ok(new Set(now).size > 90);
  assert.ok(Math.max(...now) - Math.min(...now) > 0.2);
  const moved = at(1_060_000).filter((cpus, index) => cpus !== now[index]).length;
  assert.ok(moved > 90, `${moved} moved`);
  const starting = { ...task("x"), startedAtMs: undefined };
  assert.deepEqual(simulatedUsage([starting], machine, 0).tasks, []);
});
