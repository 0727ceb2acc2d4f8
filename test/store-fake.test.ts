/**
 * The simulator's disk keeps what the `Store` port promises.
 */

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
