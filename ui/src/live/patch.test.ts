import assert from "node:assert/strict";
import { test } from "node:test";
import { applyPatch, withMissed } from "./patch.ts";

const view = {
  total: 2,
  rows: [
    { key: "a", n: 1 },
    { key: "b", n: 2 },
  ],
};

test("a patch changes, removes, adds and orders rows, and leaves the others as they are", () => {
  const patched = applyPatch(view, {
    set: { total: 3 },
    rows: {
      upsert: [
        { key: "c", n: 3 },
        { key: "b", n: 9 },
      ],
      remove: ["x"],
      order: ["c", "a", "b"],
    },
  }) as typeof view;
  assert.deepEqual(patched, {
    total: 3,
    rows: [
      { key: "c", n: 3 },
      { key: "a", n: 1 },
      { key: "b", n: 9 },
    ],
  });
  assert.equal(patched.rows[1], view.rows[0]);
  assert.equal(view.rows.length, 2);
});

test("without an order new rows come last, and removed ones go", () => {
  const patched = applyPatch(view, { rows: { upsert: [{ key: "c" }], remove: ["a"] } }) as typeof view;
  assert.deepEqual(
    patched.rows.map(({ key }) => key),
    ["b", "c"],
  );
});

test("a tuple's key is its first member; an order that names an unknown row leaves it out", () => {
  const patched = applyPatch(
    { rows: [["a", 1]] },
    { rows: { upsert: [["a", 2]], remove: [], order: ["z", "a"] } },
  );
  assert.deepEqual(patched, { rows: [["a", 2]] });
});

test("what a timeline missed is put in its place, once", () => {
  const value = { next: null, rows: [{ key: "12" }, { key: "9" }] };
  assert.deepEqual(withMissed(value, [{ key: "12" }, { key: "11" }, { key: "10" }]), {
    next: null,
    rows: ["12", "11", "10", "9"].map((key) => ({ key })),
  });
  assert.equal(withMissed(undefined, []), undefined);
});
