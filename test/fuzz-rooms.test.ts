/**
 * The fuzz of the doors over the real rooms, without a cluster: a few seeds, each of which repeats itself exactly.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { InProcessFuzz } from "./fuzz/in-process.ts";

const calls = 1_000;
const seeds = [1, 2, 3, 4, 5, 6];

for (const seed of seeds)
  test(`fuzz: rooms: seed ${seed}: nothing throws, and all that was taken can be shown`, () => {
    const fuzz = new InProcessFuzz(seed);
    fuzz.run(calls);
    const count = (status: number): number => fuzz.statuses.get(status) ?? 0;
    assert.ok(count(202) > calls / 20, `${count(202)} calls of frameworks were taken`);
    assert.ok(count(200) > calls / 5 && count(400) > calls / 10, JSON.stringify([...fuzz.statuses]));
  });

test("fuzz: rooms: a seed repeats itself", () => {
  const [first, second] = [7, 7].map((seed) => {
    const fuzz = new InProcessFuzz(seed);
    fuzz.run(300);
    return [[...fuzz.statuses], JSON.stringify([...fuzz.door.master.state.tables.framework.keys()])];
  });
  assert.deepEqual(first, second);
});

test("fuzz: rooms: what cannot be shown is found out, and the seed and the call are told", () => {
  const fuzz = new InProcessFuzz(8);
  fuzz.run(50);
  const { agent } = fuzz.door.master.state.tables;
  const [known] = [...agent.values()];
  assert.ok(known !== undefined);
  const drain = { sinceMs: 1, maxGraceMs: Number.NaN, markGone: false, state: "draining" } as const;
  agent.set(known.agentId, { ...known, drain });
  assert.throws(() => fuzz.run(50), /^Error: seed 8, call \d+, POST[\s\S]*NaN/);
});
