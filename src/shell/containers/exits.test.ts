import assert from "node:assert/strict";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { ExitFiles } from "./exits.ts";

const directory = temporaryDirectory("unum-exits-");
const files = new ExitFiles(directory);

test("an exit is a code, or the signal that a code above 128 stands for", async () => {
  for (const [text, exit] of [
    ["0", { kind: "code", code: 0 }],
    ["42\n", { kind: "code", code: 42 }],
    ["137", { kind: "signal", signal: 9 }],
    ["255", { kind: "code", code: 255 }],
    ["", undefined],
    ["soon", undefined],
  ] as const) {
    writeFileSync(join(directory, "c"), text);
    assert.deepEqual(await files.read("c"), exit, text);
  }
  assert.equal(await files.read("none"), undefined);
});

test("what a supervisor is just writing is left alone, what is old goes", async () => {
  // As conmon does: a file of another name first, then renamed.
  for (const name of ["c.A1B2C3", "old"]) writeFileSync(join(directory, name), "0");
  const hourAgo = Date.now() / 1_000 - 3_600;
  utimesSync(join(directory, "old"), hourAgo, hourAgo);
  for (const name of ["c.A1B2C3", "old", "none"]) await files.removeStale(name, 60_000);
  assert.ok(existsSync(join(directory, "c.A1B2C3")));
  assert.ok(!existsSync(join(directory, "old")));
});
