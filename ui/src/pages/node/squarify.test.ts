import assert from "node:assert/strict";
import { test } from "node:test";
import { squarify } from "./squarify.ts";

test("tiles have the areas of their weights, fill the space and do not overlap", () => {
  const weights = [6, 6, 4, 3, 2, 2, 1, 0];
  const tiles = squarify(weights, 600, 400);
  assert.equal(tiles.length, 7);
  const total = 24;
  for (const { index, width, height } of tiles)
    assert.ok(Math.abs(width * height - ((weights[index] ?? 0) / total) * 240_000) < 1);
  for (const one of tiles)
    for (const other of tiles) {
      if (one === other) continue;
      const overlapX = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
      const overlapY = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
      assert.ok(overlapX < 1e-6 || overlapY < 1e-6, `${one.index} and ${other.index}`);
    }
});

test("no tile is much longer than it is broad where weights allow it", () => {
  for (const { width, height } of squarify(
    Array.from({ length: 100 }, () => 1),
    800,
    300,
  ))
    assert.ok(Math.max(width / height, height / width) < 2.5);
  assert.deepEqual(squarify([], 10, 10), []);
  assert.deepEqual(squarify([1], 0, 10), []);
});
