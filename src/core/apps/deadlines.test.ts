import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deadlines } from "./deadlines.ts";

test("deadlines agree with a plain list after any moves and drops", () => {
  const step = fc.record({ id: fc.integer({ min: 0, max: 12 }).map(String), atMs: fc.option(fc.nat(50)) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.nat(50), (steps, nowMs) => {
      const deadlines = new Deadlines();
      const plain = new Map<string, number>();
      for (const { id, atMs } of steps) {
        if (atMs === null) {
          deadlines.delete(id);
          plain.delete(id);
        } else {
          deadlines.set(id, atMs);
          plain.set(id, atMs);
        }
        assert.equal(deadlines.size, plain.size);
        const earliest = [...plain.values()].sort((a, b) => a - b)[0];
        assert.equal(deadlines.earliestMs, earliest);
      }
      const due = [...plain]
        .filter(([, atMs]) => atMs <= nowMs)
        .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
        .map(([id]) => id);
      assert.deepEqual(deadlines.due(nowMs), due);
    }),
  );
});
