/**
 * What tasks use is what their containers used between two looks; and it travels with the next report, once.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { containerId } from "#model/ids.ts";
import { AgentDriver } from "../../../test/support/agent-driver.ts";
import { measureTasks } from "./measured-usage.ts";
import type { HeldTask } from "./types.ts";

const held = (taskId: string) => ({ frameworkId: "F", spec: { taskId } }) as unknown as HeldTask;
const c = containerId("c");

test("cores are seconds over seconds, memory and disk are as they are", () => {
  const before = new Map([[c, { timestampMs: 10_000, cpuUserSeconds: 1, cpuSystemSeconds: 1 }]]);
  const now = new Map([
    [c, { timestampMs: 20_000, cpuUserSeconds: 5, cpuSystemSeconds: 2, memoryRssBytes: 100, diskBytes: 7 }],
  ]);
  const tasks = new Map([[c, [held("t")]]]);
  assert.deepEqual(measureTasks(tasks, now, before), [
    { frameworkId: "F", taskId: "t", cpus: 0.5, memBytes: 100, diskBytes: 7 },
  ]);
});

test("tasks of one container have equal parts; what is not counted is absent, and a new one has no past", () => {
  const now = new Map([[c, { timestampMs: 20_000, memoryBytes: 100 }]]);
  const tasks = new Map([
    [c, [held("a"), held("b")]],
    [containerId("gone"), [held("x")]],
  ]);
  assert.deepEqual(measureTasks(tasks, now, new Map()), [
    { frameworkId: "F", taskId: "a", memBytes: 50 },
    { frameworkId: "F", taskId: "b", memBytes: 50 },
  ]);
});

test("what was measured travels with the next report, once, and the newest counts", () => {
  const driver = AgentDriver.registered();
  driver.submit({ type: "usage", usage: { tasks: [] } });
  const usage = { tasks: [], host: undefined };
  driver.submit({ type: "usage", usage });
  assert.deepEqual(driver.read(), [], "nothing is said for it alone");
  driver.master({ type: "ping" });
  driver.master({ type: "ping" });
  const [first, second] = driver.read();
  assert(first?.type === "report" && second?.type === "report");
  assert.equal(first.usage, usage);
  assert.equal(second.usage, undefined);
});
