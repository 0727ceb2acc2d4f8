/**
 * What agents say they use adds up, by agent and by service; what they no longer say is forgotten; and rings keep the
 * newest, aligned in time.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { agentId, frameworkId, taskId } from "#model/ids.ts";
import type { TaskUsage } from "#model/usage-report.ts";
import { SlotRing } from "./slot-ring.ts";
import { UsageBook } from "./usage-book.ts";

const megabytes = (count: number): number => count * 1024 * 1024;
const f = frameworkId("F");
const used = (id: string, cpus: number, mem: number): TaskUsage => ({
  frameworkId: f,
  taskId: taskId(id),
  cpus,
  memBytes: megabytes(mem),
});
const serviceOf = (_framework: string, id: string): string | undefined =>
  id.startsWith("web") ? "/web" : undefined;

test("sums follow every report, and a task that is not named any more counts no more", () => {
  const book = new UsageBook();
  book.take(agentId("A"), { tasks: [used("web.1", 1, 10), used("other", 2, 20)] }, 1_000_000, serviceOf);
  book.take(agentId("B"), { tasks: [used("web.2", 0.5, 5)] }, 1_000_000, serviceOf);
  assert.deepEqual(book.agent(agentId("A"), 1_000_000), { cpus: 3, mem: 30, disk: 0 });
  assert.equal(book.service("/web")?.cpus, 1.5);
  book.take(agentId("A"), { tasks: [used("web.1", 2, 10)] }, 1_010_000, serviceOf);
  assert.equal(book.service("/web")?.cpus, 2.5);
  assert.equal(book.task("F", "other"), undefined);
  book.take(agentId("A"), { tasks: [] }, 1_020_000, serviceOf);
  assert.equal(book.service("/web")?.cpus, 0.5);
  book.forgetAgentsBut(new Map([["A", 1]]));
  assert.equal(book.task("F", "web.2"), undefined);
  assert.equal(book.service("/web")?.cpus, 0);
});

test("what was said too long ago is not the present", () => {
  const book = new UsageBook();
  book.take(agentId("A"), { tasks: [] }, 1_000, serviceOf);
  assert.ok(book.agent(agentId("A"), 1_000 + limits.usageFreshMs) !== undefined);
  assert.equal(book.agent(agentId("A"), 1_001 + limits.usageFreshMs), undefined);
});

test("tasks beyond the bound have a present and no past", () => {
  const book = new UsageBook();
  const many = Array.from({ length: limits.usageTaskHistoriesMax + 1 }, (_, index) =>
    used(`t${index}`, 1, 1),
  );
  book.take(agentId("A"), { tasks: many }, 1_000_000, serviceOf);
  assert.equal(book.taskHistory("F", "t0").cpus.values.length, 1);
  const last = `t${limits.usageTaskHistoriesMax}`;
  assert.equal(book.taskHistory("F", last).cpus.values.length, 0);
  assert.equal(book.task("F", last)?.cpus, 1);
});

test("a ring keeps the newest, with gaps where nothing was measured", () => {
  const ring = new SlotRing(10, 4);
  assert.deepEqual(ring.series(), { startMs: 0, stepMs: 10, values: [] });
  ring.note(100, 1);
  ring.note(109, 2);
  ring.note(130, 3);
  assert.deepEqual(ring.series(), { startMs: 100, stepMs: 10, values: [2, null, null, 3] });
  ring.note(140, 4);
  assert.deepEqual(ring.series(), { startMs: 130, stepMs: 10, values: [3, 4] });
  ring.note(10_000, 5);
  assert.deepEqual(ring.series(), { startMs: 10_000, stepMs: 10, values: [5] });
});
