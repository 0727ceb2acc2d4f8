import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { LogFile } from "./log-file.ts";

test("a log keeps to its bound, with one older file, and goes on where it was", () => {
  const directory = temporaryDirectory("unum-log-");
  const path = join(directory, "master.log");
  const block = Buffer.alloc(1024 * 1024, "x");
  for (let round = 0; round < 2; round += 1) {
    const log = new LogFile(path);
    for (let index = 0; index < 17; index += 1) log.write(block);
    log.close();
  }
  assert.deepEqual(readdirSync(directory).toSorted(), ["master.log", "master.log.1"]);
  const sizes = [path, `${path}.1`].map((file) => statSync(file).size / block.length);
  assert.deepEqual(sizes, [4, 10]);
});

test("a log whose directory was taken away loses lines, and ends nothing", () => {
  const directory = temporaryDirectory("unum-log-");
  const log = new LogFile(join(directory, "master.log"));
  rmSync(directory, { recursive: true });
  const block = Buffer.alloc(1024 * 1024, "x");
  for (let index = 0; index < 12; index += 1) log.write(block);
  log.close();
  log.write(block);
});
