/**
 * Text that changes in place: lines are cut to the terminal, and elsewhere only changes are printed.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LiveText } from "./live-text.ts";
import { visibleLength } from "./style.ts";

function record(
  isTerminal: boolean,
  columns: number,
): { readonly live: LiveText; readonly written: string[] } {
  const written: string[] = [];
  return { live: new LiveText({ write: (text) => void written.push(text), isTerminal, columns }), written };
}

test("live text: long lines are cut, colours not counted", () => {
  const { live, written } = record(true, 40);
  live.show([`\u001b[32m${"x".repeat(100)}\u001b[39m`, "short"], "");
  const [first = "", second] = (written[0] ?? "").slice("\r\u001b[J".length).split("\n");
  assert.equal(visibleLength(first), 39);
  assert.ok(first.endsWith("\u001b[0m…"));
  assert.equal(second, "short");
});

test("live text: a terminal without a size still shows something", () => {
  const { live, written } = record(true, 0);
  live.show(["deploy /web"], "");
  assert.ok(written[0]?.includes("deploy /web"));
});

test("live text: what was shown is erased line by line", () => {
  const { live, written } = record(true, 80);
  live.show(["one", "two", "three"], "");
  live.show(["four"], "");
  live.clear();
  live.clear();
  assert.deepEqual(written.slice(1), ["\r\u001b[2A\u001b[Jfour", "\r\u001b[J"]);
});

test("live text: a log gets a line for each change, not for each second", () => {
  const { live, written } = record(false, 80);
  for (const plain of ["1 of 2, for 0 s", "1 of 2, for 1 s", "1 of 2, for 12.5 s", "2 of 2, for 1 s"])
    live.show([], plain);
  live.clear();
  assert.deepEqual(written, ["1 of 2, for 0 s\n", "2 of 2, for 1 s\n"]);
});
