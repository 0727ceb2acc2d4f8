import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Ledger } from "./ledger.ts";

type Step =
  | { readonly type: "admit"; readonly key: string; readonly sizeBytes: number }
  | { readonly type: "lease" | "release" | "remove"; readonly key: string };

const key = fc.constantFrom("a", "b", "c", "d", "e");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant("admit" as const), key, sizeBytes: fc.nat(60) }),
  fc.record({ type: fc.constantFrom("lease" as const, "release" as const, "remove" as const), key }),
);
const capacityBytes = 100;

/** What the ledger should know, kept in the simplest way: the longest unused first. */
type Entry = { readonly key: string; readonly sizeBytes: number; leases: number };

test("never more than its capacity, nothing in use goes, the longest unused goes first", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = new Ledger(capacityBytes);
      let entries: Entry[] = [];
      for (const [nowMs, one] of steps.entries()) {
        const known = entries.find((entry) => entry.key === one.key);
        if (one.type === "admit") {
          const doomed = ledger.admit(one.key, one.sizeBytes, nowMs);
          const pinned = entries
            .filter(({ leases }) => leases > 0)
            .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
          const fits = (known?.leases ?? 0) === 0 && pinned + one.sizeBytes <= capacityBytes;
          assert.equal(doomed !== undefined, fits);
          if (doomed !== undefined) {
            const others = entries.filter((entry) => entry.key !== one.key);
            const free = others.filter(({ leases }) => leases === 0).map((entry) => entry.key);
            assert.deepEqual(doomed, free.slice(0, doomed.length), "in order of their last use");
            const left = others.filter((entry) => !doomed.includes(entry.key));
            const lastDoomed = others.find((entry) => entry.key === doomed.at(-1));
            const total = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, one.sizeBytes);
            if (lastDoomed !== undefined)
              assert.ok(total + lastDoomed.sizeBytes > capacityBytes, "no more go than must");
            entries = [...left, { key: one.key, sizeBytes: one.sizeBytes, leases: 0 }];
          }
        } else if (one.type === "lease") {
          assert.equal(ledger.lease(one.key, nowMs), known !== undefined);
          if (known !== undefined) {
            known.leases += 1;
            entries = [...entries.filter((entry) => entry !== known), known];
          }
        } else if (one.type === "release") {
          ledger.release(one.key);
          if (known !== undefined && known.leases > 0) known.leases -= 1;
        } else if (known === undefined || known.leases === 0) {
          ledger.remove(one.key);
          entries = entries.filter((entry) => entry !== known);
        }
        assert.deepEqual(
          ledger.keys,
          entries.map((entry) => entry.key),
        );
        const total = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
        assert.equal(ledger.totalBytes, total);
        assert.ok(total <= capacityBytes);
      }
    }),
  );
});

test("what was not asked for since a moment goes, but for what is held", () => {
  const ledger = new Ledger(100);
  for (const [index, key] of ["a", "b", "c"].entries()) ledger.admit(key, 10, index);
  ledger.lease("a", 0);
  assert.deepEqual(ledger.removeUnusedSince(1), ["b"]);
  assert.deepEqual(ledger.keys.toSorted(), ["a", "c"]);
  assert.equal(ledger.totalBytes, 20);
});
