/**
 * Patches lead from each value to the next, whatever changes; and nothing is told of what did not.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { applyPatch } from "../../../../test/support/apply-patch.ts";
import { Sent } from "./patch.ts";

const plain = { noNullPrototype: true } as const;
const row = fc.record({ key: fc.constantFrom("a", "b", "c", "d", "e", "f"), size: fc.nat(2) }, plain);
const value = fc.record(
  {
    rows: fc.uniqueArray(row, { selector: ({ key }) => key, maxLength: 6 }),
    total: fc.nat(2),
    more: fc.option(fc.record({ text: fc.constantFrom("x", "y") }, plain)),
  },
  plain,
);

test("a page that applies every patch has the value of each moment", () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 8 }), (values) => {
      const sent = new Sent();
      let shown: unknown;
      for (const next of values) {
        const diff = sent.next(next);
        if (diff === "whole") shown = next;
        else if (diff !== undefined) shown = applyPatch(shown, diff);
        assert.deepEqual(shown, next);
      }
    }),
  );
});

test("what is the same is not told", () => {
  fc.assert(
    fc.property(value, (same) => {
      const sent = new Sent();
      sent.next(same);
      assert.equal(sent.next(same), undefined);
      assert.equal(sent.next(structuredClone(same)), undefined);
    }),
  );
});

test("what comes to be nothing, or is a tuple, is told as well", () => {
  const sent = new Sent();
  assert.equal(sent.next({ rows: [["a", 1]] }), "whole");
  assert.deepEqual(sent.next({ rows: [["a", 2]] }), { rows: { upsert: [["a", 2]], remove: [] } });
  assert.equal(sent.next(null), "whole");
  assert.equal(sent.next(null), undefined);
  assert.equal(sent.next({ rows: [] }), "whole");
});
