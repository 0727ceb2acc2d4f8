import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut, neighbourOf, nodeAt, placeOf } from "./map-layout.ts";

const groupsOf = (...counts: readonly number[]) =>
  counts.map((many, index) => ({ name: `zone-${index}`, many }));

test("every node has a place of its own, inside the canvas, and is found at it", () => {
  for (const groups of [groupsOf(1), groupsOf(3, 1, 40), groupsOf(400, 300, 300), groupsOf(10_000)]) {
    const layout = layOut(groups, 900, 300);
    const total = groups.reduce((sum, { many }) => sum + many, 0);
    const seen = new Set<string>();
    for (let index = 0; index < total; index += 1) {
      const { x, y } = placeOf(layout, index);
      seen.add(`${x} ${y}`);
      assert.ok(x >= 0 && x + layout.cell <= 900, `${index} lies at ${x}`);
      assert.equal(nodeAt(layout, x + layout.cell / 2, y + layout.cell / 2), index);
    }
    assert.equal(seen.size, total);
    assert.ok(layout.height <= 300, `${layout.height} high`);
  }
});

test("few nodes have large cells, ten thousand still fit", () => {
  assert.ok(layOut(groupsOf(5), 900, 300).cell >= 40);
  assert.ok(layOut(groupsOf(10_000), 900, 300).cell >= 3);
});

test("the arrows stay among the nodes", () => {
  const layout = layOut(groupsOf(10, 10), 900, 300);
  assert.equal(neighbourOf(layout, 0, "ArrowLeft"), 0);
  assert.equal(neighbourOf(layout, 19, "ArrowDown"), 19);
  assert.equal(neighbourOf(layout, 9, "ArrowRight"), 10);
  assert.equal(nodeAt(layout, 5, 2), undefined);
});
