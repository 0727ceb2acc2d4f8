import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Turns } from "./turns.ts";

test("so many have their turn at a time, in order, and one that leaves while it waits has none", () => {
  const turns = new Turns<string>(2);
  const told: string[] = [];
  for (const who of ["a", "b", "c", "d", "e"]) turns.wait(who, () => told.push(who));
  assert.deepEqual([told, turns.waiting], [["a", "b"], 3]);
  turns.done("c");
  turns.done("b");
  assert.deepEqual(told, ["a", "b", "d"]);
  turns.done("b");
  assert.deepEqual(told, ["a", "b", "d"], "nobody has two turns to give back");
  turns.done("a");
  assert.deepEqual([told, turns.waiting], [["a", "b", "d", "e"], 0]);
});

test("whoever comes and goes in whatever order: never too many, and in the end everybody", () => {
  const step = fc.record({ who: fc.integer({ min: 0, max: 30 }), isComing: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 4 }), (steps, most) => {
      const turns = new Turns<number>(most);
      const [here, told] = [new Set<number>(), new Set<number>()];
      for (const { who, isComing } of steps) {
        if (isComing && !here.has(who)) {
          here.add(who);
          turns.wait(who, () => told.add(who));
        } else if (!isComing && here.delete(who)) {
          told.delete(who);
          turns.done(who);
        }
        assert.ok(told.size <= most);
        assert.equal(told.size, Math.min(most, here.size));
      }
    }),
  );
});
