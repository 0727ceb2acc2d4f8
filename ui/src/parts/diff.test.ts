import assert from "node:assert/strict";
import { test } from "node:test";
import { diffLines, written } from "./diff.ts";

const kinds = (before: unknown, after: unknown) =>
  diffLines(written(before), written(after))
    .filter(({ kind }) => kind !== "same")
    .map(({ kind, text }) => `${kind} ${text.trim()}`);

test("what changed is a removed and an added line; the order of members says nothing", () => {
  assert.deepEqual(kinds({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 4, c: 2 }, a: 1 }), [
    'removed "d": 3',
    'added "d": 4',
  ]);
  assert.deepEqual(kinds({ a: 1 }, { a: 1 }), []);
});

test("both texts can be read off the lines", () => {
  const before = written({ id: "/a", env: { A: "1", B: "2" }, list: [1, 2, 3] });
  const after = written({ id: "/a", cmd: "x", env: { B: "3" }, list: [2, 3, 4] });
  const lines = diffLines(before, after);
  const text = (left: string) =>
    lines
      .filter(({ kind }) => kind !== left)
      .map((line) => line.text)
      .join("\n");
  assert.equal(text("added"), before);
  assert.equal(text("removed"), after);
});
