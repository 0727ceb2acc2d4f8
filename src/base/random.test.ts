import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createChance } from "./random.ts";

const draws = (seed: number): number[] => {
  const chance = createChance(seed);
  return Array.from({ length: 50 }, () => chance.next());
};

describe("chance", () => {
  it("repeats itself for the same seed, and differs for another, also above 32 bits", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 1000 }), (seed, other) => {
        assert.deepEqual(draws(seed), draws(seed));
        assert.notDeepEqual(draws(seed), draws(seed + other));
        assert.notDeepEqual(draws(seed), draws(seed + other * 2 ** 32));
      }),
    );
  });

  it("stays in its range and reaches all of it", () => {
    const chance = createChance(7);
    const seen = new Set<number>();
    for (let round = 0; round < 1000; round += 1) seen.add(chance.below(10));
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  it("draws UUIDs of version 4 that do not repeat", () => {
    const chance = createChance(1);
    const ids = new Set(Array.from({ length: 1000 }, () => chance.uuid()));
    assert.equal(ids.size, 1000);
    for (const id of ids)
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
