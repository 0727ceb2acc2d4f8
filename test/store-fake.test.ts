/**
 * The simulator's disk keeps what the `Store` port promises.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Disk } from "#sim/fake-store.ts";
import { Life, World } from "#sim/world.ts";
import { type StoreWorld, testStoreContract } from "./store-contract.ts";

let worldCount = 0;

testStoreContract("fake store", (): StoreWorld => {
  worldCount += 1;
  const world = new World(worldCount);
  const disk = new Disk(world);
  disk.faults = { commitMaxMs: 50, fail: 0 };
  let life = new Life();
  const end = (): void => {
    life.end();
  };
  return {
    open: () => {
      life = new Life();
      return disk.open(life);
    },
    close: end,
    crash: end,
    until: async (condition) => {
      while (!condition()) if (!world.step()) throw new Error("nothing is left to happen");
    },
    destroy: end,
  };
});

test("fake store: behind a commit that failed nothing becomes durable, not even by a crash", () => {
  let failures = 0;
  for (let seed = 1; seed <= 50; seed += 1) {
    const world = new World(seed);
    const disk = new Disk(world);
    disk.faults = { commitMaxMs: 20, fail: 0.2 };
    const life = new Life();
    const store = disk.open(life);
    let lastGood = -1;
    for (let index = 0; index < 20; index += 1) {
      store.commit([{ kind: "a", id: `${index}`, version: 1, value: "1" }], (outcome) => {
        if (outcome.ok) lastGood = index;
        else life.end();
      });
    }
    while (world.step());
    if (life.alive) continue;
    failures += 1;
    for (let index = 0; index < 20; index += 1) {
      assert.equal(
        disk.durable("a", `${index}`) !== undefined,
        index <= lastGood,
        `seed ${seed}, row ${index}`,
      );
    }
  }
  assert.ok(failures > 10);
});
