/**
 * What every engine behind the `Store` port promises, as one suite: it runs against the embedded store and
 * against the simulator's fake.
 *
 * A `StoreWorld` is one disk on which a store is opened again and again, gracefully closed or crashed between.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CommitOutcome, LoadOutcome, Store, StoredRow } from "#ports/store.ts";

export type StoreWorld = {
  /** The store on this world's disk; called again only after `close` or `crash`. */
  open(): Store;
  close(): void | Promise<void>;
  /** The process ends here and now; what was not durable may be lost. Undefined: this engine is crashed elsewhere. */
  readonly crash?: () => void | Promise<void>;
  /** Lets the world go on until the condition holds; rejects when it never does. */
  until(condition: () => boolean): Promise<void>;
  destroy(): void | Promise<void>;
};

export function testStoreContract(name: string, createWorld: () => StoreWorld | Promise<StoreWorld>): void {
  const inWorld = async (run: (world: StoreWorld) => Promise<void>): Promise<void> => {
    const world = await createWorld();
    try {
      await run(world);
    } finally {
      await world.destroy();
    }
  };

  test(`${name}: an empty store loads no rows`, () =>
    inWorld(async (world) => {
      assert.deepEqual(await loadAll(world, world.open()), []);
      await world.close();
    }));

  test(`${name}: whatever batches were committed, reopening shows their sum`, async () => {
    const property = fc.asyncProperty(fc.array(batchArbitrary, { maxLength: 12 }), (batches) =>
      inWorld(async (world) => {
        const wanted = new Map<string, StoredRow>();
        const middle = Math.floor(batches.length / 2);
        for (const part of [batches.slice(0, middle), batches.slice(middle)]) {
          const store = world.open();
          assert.deepEqual(await loadAll(world, store), sorted(wanted.values()));
          await commitAll(world, store, part);
          for (const rows of part) applyRows(wanted, rows);
          await world.close();
        }
        assert.deepEqual(await loadAll(world, world.open()), sorted(wanted.values()));
        await world.close();
      }),
    );
    await fc.assert(property, { numRuns: 15 });
  });

  test(`${name}: outcomes come in order, with rising revisions that go on after reopening`, () =>
    inWorld(async (world) => {
      let previous = 0;
      for (let round = 0; round < 2; round += 1) {
        const store = world.open();
        await loadAll(world, store);
        const batches = Array.from({ length: 40 }, (_, index) => [row("a", `${index}`, `${round}`)]);
        const outcomes = await commitAll(world, store, batches);
        assert.deepEqual(
          outcomes.map((outcome) => outcome.index),
          [...batches.keys()],
        );
        for (const { revision } of outcomes) {
          assert.ok(revision > previous, `revision ${revision} after ${previous}`);
          previous = revision;
        }
        await world.close();
      }
    }));

  test(`${name}: only the kinds asked for are loaded`, () =>
    inWorld(async (world) => {
      const store = world.open();
      await loadAll(world, store);
      await commitAll(world, store, [[row("a", "1", "x"), row("b", "1", "y")], [row("c", "1", "z")]]);
      await world.close();
      assert.deepEqual(await loadAll(world, world.open(), ["b", "c"]), [
        row("b", "1", "y"),
        row("c", "1", "z"),
      ]);
      await world.close();
    }));

  test(`${name}: a deleted row is gone, and may come back; deleting nothing is harmless`, () =>
    inWorld(async (world) => {
      const store = world.open();
      await loadAll(world, store);
      await commitAll(world, store, [
        [row("a", "kept", "1"), row("a", "gone", "1"), row("a", "back", "1")],
        [row("a", "gone", undefined), row("a", "back", undefined), row("a", "never", undefined)],
        [row("a", "back", "2")],
      ]);
      await world.close();
      assert.deepEqual(await loadAll(world, world.open()), [row("a", "back", "2"), row("a", "kept", "1")]);
      await world.close();
    }));

  test(`${name}: a crash loses nothing acknowledged, and no batch halfway`, (context) =>
    inWorld(async (world) => {
      if (world.crash === undefined) return context.skip("crashed in tests of its own");
      let durable = 0;
      for (let round = 0; round < 5; round += 1) {
        const store = world.open();
        const before = await loadAll(world, store);
        const found = Number(before.at(0)?.value ?? 0);
        // Every batch writes its number under three ids: they must agree, and lie at or after the last one
        // acknowledged.
        assert.ok(
          before.every((stored) => stored.value === before.at(0)?.value),
          "no batch is there in part",
        );
        assert.ok(found >= durable, `${durable} was acknowledged, ${found} is there`);
        durable = found;
        const target = found + 7;
        for (let number = found + 1; number <= found + 30; number += 1) {
          store.commit(
            ["1", "2", "3"].map((id) => row("a", id, String(number))),
            (outcome) => {
              if (outcome.ok) durable = Math.max(durable, number);
            },
          );
        }
        await world.until(() => durable >= target);
        await world.crash();
      }
    }));
}

const kinds = ["a", "b", "c"] as const;
const row = (kind: string, id: string, value: string | undefined): StoredRow => ({
  kind,
  id,
  version: 1,
  value,
});

const batchArbitrary: fc.Arbitrary<StoredRow[]> = fc.array(
  fc.record(
    {
      kind: fc.constantFrom(...kinds),
      // Few ids, so that rows meet; and some of any text.
      id: fc.oneof(fc.constantFrom("1", "2", "/web"), fc.string({ unit: "binary", maxLength: 8 })),
      version: fc.integer({ min: 1, max: 9 }),
      value: fc.option(fc.json(), { nil: undefined, freq: 3 }),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 10 },
);

function applyRows(rows: Map<string, StoredRow>, batch: readonly StoredRow[]): void {
  for (const stored of batch) {
    const key = JSON.stringify([stored.kind, stored.id]);
    if (stored.value === undefined) rows.delete(key);
    else rows.set(key, stored);
  }
}

const sorted = (rows: Iterable<StoredRow>): StoredRow[] =>
  [...rows].sort((left, right) => (left.kind + left.id < right.kind + right.id ? -1 : 1));

async function loadAll(
  world: StoreWorld,
  store: Store,
  wanted: readonly string[] = kinds,
): Promise<StoredRow[]> {
  let outcome: LoadOutcome | undefined;
  store.load(wanted, (result) => {
    outcome = result;
  });
  await world.until(() => outcome !== undefined);
  const loaded = outcome as LoadOutcome | undefined;
  assert.ok(loaded?.ok, JSON.stringify(loaded));
  return sorted(loaded.rows);
}

async function commitAll(
  world: StoreWorld,
  store: Store,
  batches: readonly (readonly StoredRow[])[],
): Promise<{ index: number; revision: number }[]> {
  const outcomes: { index: number; outcome: CommitOutcome }[] = [];
  batches.forEach((rows, index) => {
    store.commit(rows, (outcome) => outcomes.push({ index, outcome }));
  });
  await world.until(() => outcomes.length === batches.length);
  return outcomes.map(({ index, outcome }) => {
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return { index, revision: outcome.revision };
  });
}
