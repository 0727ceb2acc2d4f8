/**
 * What a store that several masters share promises beside what every store does, as one suite: it runs against etcd and
 * against the simulator's fake of it.
 *
 * An `ElectionWorld` is one such store; each `Contender` is a process that wants to lead, and uses the store when it does.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommitOutcome, LoadOutcome, Store, StoredRow } from "#ports/store.ts";

export type Contender = {
  /** There when it leads. */
  readonly store: () => Store | undefined;
  /** Why it leads no longer, once it knows. */
  readonly lost: () => string | undefined;
  /** The process ends, without a farewell. */
  die(): void;
};

export type ElectionWorld = {
  contend(name: string): Contender;
  /** Somebody takes the leader's key away, as when its lease has run out. */
  endLeadership(): void | Promise<void>;
  /** Lets the world go on until the condition holds; rejects when it never does. */
  until(what: string, condition: () => boolean): Promise<void>;
  destroy(): void | Promise<void>;
};

const row = (id: string, value: string | undefined): StoredRow => ({ kind: "a", id, version: 1, value });

export function testElectionContract(name: string, createWorld: () => ElectionWorld): void {
  const inWorld = async (run: (world: ElectionWorld) => Promise<void>): Promise<void> => {
    const world = createWorld();
    try {
      await run(world);
    } finally {
      await world.destroy();
    }
  };
  const leading = async (world: ElectionWorld, contender: Contender): Promise<Store> => {
    await world.until("it leads", () => contender.store() !== undefined);
    return contender.store() as Store;
  };

  test(`${name}: of several one leads, and another when that one has died`, () =>
    inWorld(async (world) => {
      const [one, two] = [world.contend("one"), world.contend("two")];
      await world.until("one leads", () => one.store() !== undefined || two.store() !== undefined);
      const [first, second] = one.store() === undefined ? [two, one] : [one, two];
      const store = await leading(world, first);
      for (let index = 0; index < 20; index += 1)
        assert.ok((await commit(world, store, [row("x", `${index}`)])).ok);
      assert.equal(second.store(), undefined);
      first.die();
      assert.deepEqual(await load(world, await leading(world, second)), [row("x", "19")]);
    }));

  test(`${name}: a deposed leader writes nothing any more, and is told`, () =>
    inWorld(async (world) => {
      const first = world.contend("first");
      const old = await leading(world, first);
      assert.ok((await commit(world, old, [row("x", '"old"')])).ok);
      const second = world.contend("second");
      await world.endLeadership();
      const next = await leading(world, second);
      assert.deepEqual(await load(world, next), [row("x", '"old"')]);
      assert.ok((await commit(world, next, [row("x", '"new"')])).ok);
      const outcome = await commit(world, old, [row("x", '"again"')]);
      assert.ok(!outcome.ok);
      assert.match(outcome.reason, /another master leads/);
      assert.ok(!(await commit(world, old, [row("y", "1")])).ok, "and nothing after it");
      await world.until("it hears of it", () => first.lost() !== undefined);
      assert.deepEqual(await load(world, next), [row("x", '"new"')]);
    }));

  test(`${name}: whoever leads is certain, and who was deposed is not for long`, () =>
    inWorld(async (world) => {
      const first = world.contend("first");
      const store = await leading(world, first);
      let ran = 0;
      const count = (): void => {
        ran += 1;
      };
      store.whenCertain?.(count);
      await world.until("it is certain", () => ran === 1);
      await world.endLeadership();
      await world.until("it hears of it", () => first.lost() !== undefined);
      store.whenCertain?.(count);
      const second = world.contend("second");
      const next = await leading(world, second);
      next.whenCertain?.(() => {
        ran += 10;
      });
      await world.until("the next is certain", () => ran >= 10);
      assert.equal(ran, 11);
    }));

  test(`${name}: a batch beyond a transaction is there whole or not at all, wherever its leader dies`, () =>
    inWorld(async (world) => {
      const ids = Array.from({ length: 400 }, (_, index) => `${index}`);
      for (let round = 1; round <= 3; round += 1) {
        const contender = world.contend(`round ${round}`);
        const store = await leading(world, contender);
        const found = await load(world, store);
        assert.ok(new Set(found.map(({ value }) => value)).size <= 1, "one batch is there in part");
        assert.ok(found.length === 0 || found.length === ids.length);
        let isAnswered = false;
        store.commit(
          ids.map((id) => row(id, `${round}`)),
          (outcome) => {
            isAnswered = outcome.ok;
          },
        );
        if (round !== 2) await world.until("the batch is durable", () => isAnswered);
        contender.die();
      }
    }));
}

async function commit(
  world: ElectionWorld,
  store: Store,
  rows: readonly StoredRow[],
): Promise<CommitOutcome> {
  let outcome: CommitOutcome | undefined;
  store.commit(rows, (result) => {
    outcome = result;
  });
  await world.until("the commit's outcome", () => outcome !== undefined);
  return outcome as unknown as CommitOutcome;
}

async function load(world: ElectionWorld, store: Store): Promise<readonly StoredRow[]> {
  let outcome: LoadOutcome | undefined;
  store.load(["a"], (result) => {
    outcome = result;
  });
  await world.until("the rows", () => outcome !== undefined);
  const loaded = outcome as unknown as LoadOutcome;
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return [...loaded.rows].sort((a, b) => (a.id < b.id ? -1 : 1));
}
