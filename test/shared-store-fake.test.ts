/**
 * The simulator's shared store keeps what the `Store` port promises and what etcd does as a store of several masters, also
 * while its network loses, delays and repeats.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "#ports/store.ts";
import { campaign, openReplicatedStore } from "#sim/replicated-store.ts";
import { SharedStore, type SharedStoreFaults } from "#sim/shared-store.ts";
import { Life, World } from "#sim/world.ts";
import { type Contender, type ElectionWorld, testElectionContract } from "./election-contract.ts";
import { type StoreWorld, testStoreContract } from "./store-contract.ts";

const badNetwork: SharedStoreFaults = { delayMaxMs: 60, lost: 0.15 };

/** So long that a leader outlives what its network loses. */
const times = { leaseMs: 60_000, patienceMs: 60_000 };

let worldCount = 0;

function createCluster(faults: SharedStoreFaults) {
  worldCount += 1;
  const world = new World(worldCount);
  const store = new SharedStore(world);
  store.faults = faults;
  const contend = (name: string): Contender & { readonly life: Life } => {
    const life = new Life();
    let opened: Store | undefined;
    let reason: string | undefined;
    const lost = (why: string): void => {
      reason = why;
    };
    const candidate = { name, life, world, store, lost, times };
    campaign(candidate, (leader) => {
      opened = openReplicatedStore({ candidate, leader, rowsMax: 20 });
    });
    return { life, store: () => opened, lost: () => reason, die: () => life.end() };
  };
  const until = async (_what: string, condition: () => boolean): Promise<void> => {
    while (!condition()) if (!world.step()) throw new Error("nothing is left to happen");
  };
  return { world, store, contend, until };
}

for (const [name, faults] of [
  ["shared fake store", { delayMaxMs: 5, lost: 0 }],
  ["shared fake store in bad weather", badNetwork],
] as const) {
  testElectionContract(name, (): ElectionWorld => {
    const { store, contend, until } = createCluster(faults);
    return { contend, until, endLeadership: () => store.endLeadership(), destroy: () => {} };
  });

  testStoreContract(name, (): StoreWorld => {
    const { contend, until, store } = createCluster(faults);
    let current = contend("first");
    let isFirst = true;
    const behind = (use: (store: Store) => void): void => {
      const mine = current;
      void until("it leads", () => mine.store() !== undefined).then(() => use(mine.store() as Store));
    };
    const end = (): void => current.die();
    return {
      open: () => {
        if (!isFirst) {
          store.endLeadership();
          current = contend("next");
        }
        isFirst = false;
        return {
          load: (kinds, done) => behind((opened) => opened.load(kinds, done)),
          commit: (rows, done) => behind((opened) => opened.commit(rows, done)),
        };
      },
      close: end,
      crash: end,
      until: async (condition) => {
        // What waits for leadership goes on in a microtask.
        for (let turn = 0; turn < 10; turn += 1) await undefined;
        await until("the store's answer", condition);
      },
      destroy: end,
    };
  });
}

test("shared fake store: what is late overwrites nothing that is newer", async () => {
  for (let round = 0; round < 20; round += 1) {
    const { contend, until, world, store: shared } = createCluster({ delayMaxMs: 10, lost: 0.4 });
    const contender = contend("one");
    await until("it leads", () => contender.store() !== undefined);
    const store = contender.store() as Store;
    let acknowledged = 0;
    const write = (value: number): void =>
      store.commit([{ kind: "a", id: "x", version: 1, value: `${value}` }], (outcome) => {
        if (!outcome.ok) return;
        acknowledged = value;
        if (value < 30) write(value + 1);
      });
    write(1);
    // Until all that was late has come.
    const endMs = world.elapsedMs + 100_000;
    while (world.elapsedMs < endMs && world.step());
    assert.ok(acknowledged > 0);
    assert.equal(shared.durable("a", "x"), acknowledged);
  }
});
