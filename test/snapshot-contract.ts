/**
 * What a store's snapshot promises, whatever the engine: all rows as they were at its revision, each once, however much is
 * written between its slices; and which kinds there are.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { StoredRow, WholeStore } from "#ports/store.ts";

export type SnapshotWorld = { readonly store: WholeStore; destroy(): void | Promise<void> };

/** As large as a slice, so that there are several. */
const filler = "x".repeat(300_000);

/** More than a page, and read before all else. */
const bulk = Array.from({ length: 1_100 }, (_, index) => ({
  kind: "A",
  id: String(index),
  version: 1,
  value: "0",
}));

export function testSnapshotContract(name: string, createWorld: () => Promise<SnapshotWorld>): void {
  test(`${name}: a snapshot is of one moment, whatever is written while it is read`, async () => {
    const rowArbitrary = fc.record(
      {
        kind: fc.constantFrom("a", "b"),
        id: fc.oneof(
          fc.constantFrom("1", "2", "é", "\u{1f642}", "\uffff"),
          fc.string({ unit: "binary", maxLength: 3 }),
        ),
        version: fc.integer({ min: 1, max: 9 }),
        value: fc.option(
          fc
            .tuple(fc.boolean(), fc.nat())
            .map(([isLarge, number]) => JSON.stringify(isLarge ? filler : number)),
          { nil: undefined, freq: 4 },
        ),
      },
      { noNullPrototype: true },
    );
    const batches = fc.array(fc.array(rowArbitrary, { minLength: 1, maxLength: 6 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(batches, batches, async (before, during) => {
        const world = await createWorld();
        try {
          const { store } = world;
          await load(store);
          const wanted = new Map<string, StoredRow>();
          for (const batch of [bulk, ...before]) {
            await commit(store, batch);
            for (const row of batch) apply(wanted, row);
          }
          assert.deepEqual(
            await kinds(store),
            [...new Set([...wanted.values()].map(({ kind }) => kind))].sort(),
          );
          const snapshot = store.snapshot();
          const read: StoredRow[] = [];
          let left = [...during];
          for (;;) {
            const slice = await next(snapshot);
            read.push(...slice.rows);
            if (slice.isLast) break;
            const [batch, ...others] = left;
            if (batch !== undefined) await commit(store, batch);
            left = others;
          }
          assert.deepEqual(sorted(read), sorted(wanted.values()));
          for (const batch of left) await commit(store, batch);
          assert.equal(new Set(read.map(keyOf)).size, read.length, "no row comes twice");
        } finally {
          await world.destroy();
        }
      }),
      { numRuns: 6 },
    );
  });
}

const next = (
  snapshot: ReturnType<WholeStore["snapshot"]>,
): Promise<{ rows: readonly StoredRow[]; isLast: boolean }> =>
  new Promise((resolve, reject) => {
    snapshot.next((outcome) => (outcome.ok ? resolve(outcome) : reject(new Error(outcome.reason))));
  });

const load = (store: WholeStore): Promise<void> =>
  new Promise((resolve, reject) => {
    store.load([], (outcome) => (outcome.ok ? resolve() : reject(new Error(outcome.reason))));
  });

const commit = (store: WholeStore, rows: readonly StoredRow[]): Promise<void> =>
  new Promise((resolve, reject) => {
    store.commit(rows, (outcome) => (outcome.ok ? resolve() : reject(new Error(outcome.reason))));
  });

const kinds = (store: WholeStore): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    store.kinds((outcome) =>
      outcome.ok ? resolve([...outcome.kinds].sort()) : reject(new Error(outcome.reason)),
    );
  });

const keyOf = ({ kind, id }: StoredRow): string => JSON.stringify([kind, id]);

function apply(rows: Map<string, StoredRow>, row: StoredRow): void {
  if (row.value === undefined) rows.delete(keyOf(row));
  else rows.set(keyOf(row), row);
}

const sorted = (rows: Iterable<StoredRow>): StoredRow[] =>
  [...rows].sort((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
