/**
 * Whatever becomes of a store's file, it is read as it was written or refused with what is wrong; and what is refused stays
 * byte for byte as it was.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { createChance } from "#base/random.ts";
import type { StoredRow } from "#ports/store.ts";
import { temporaryDirectory } from "../../../../test/temporary.ts";
import { type Database, openDatabase } from "./database.ts";

const home = temporaryDirectory("unum-damage-");
const good = join(home, "good.db");
const rows: readonly StoredRow[] = Array.from({ length: 400 }, (_, index) => ({
  kind: index % 3 === 0 ? "app" : "instance",
  id: `/some/path/${index}`,
  version: 1,
  value: JSON.stringify({ text: `${index}`.repeat(index % 50) }),
}));
const open: Database[] = [];
const filled = openDatabase(good);
filled.commit([rows]);
filled.close();
// Without what is free in it: nobody reads that.
const compact = new DatabaseSync(good);
compact.exec("VACUUM");
compact.close();
const usedBytes = statSync(good).size;
after(() => {
  for (const database of open) database.close();
});

const readAll = (database: Database): StoredRow[] =>
  [...database.load(["app", "instance"])].flat().sort((a, b) => (a.id < b.id ? -1 : 1));
const wanted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** Of all files in a directory, and their names. */
function digest(directory: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(directory).sort())
    hash
      .update(`${name}\n${statSync(join(directory, name)).mode}\n`)
      .update(readFileSync(join(directory, name)));
  return hash.digest("hex");
}

let places = 0;

/** Undefined: it was opened, and everything is there. */
function refusal(name: string, harm: (path: string) => void): string | undefined {
  places += 1;
  const directory = temporaryDirectory(`unum-damage-${places}-`);
  try {
    const path = join(directory, "unum.db");
    copyFileSync(good, path);
    harm(path);
    const before = digest(directory);
    let database: Database;
    try {
      database = openDatabase(path);
    } catch (error) {
      assert.equal(digest(directory), before, `${name}: what is refused is left as it is`);
      return String(error);
    }
    try {
      assert.deepEqual(readAll(database), wanted, `${name}: it was taken, and is not what was written`);
    } finally {
      database.close();
    }
    return undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const flip =
  (at: number, bit: number) =>
  (path: string): void => {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    writeFileSync(path, bytes);
  };

test("a bit that changed anywhere is seen, or is nothing that anybody reads", () => {
  const chance = createChance(4);
  const refused: string[] = [];
  for (let count = 0; count < 100; count += 1) {
    const at = chance.below(usedBytes);
    const bit = chance.below(8);
    const message = refusal(`bit ${bit} of byte ${at}`, flip(at, bit));
    if (message === undefined) continue;
    refused.push(message);
    assert.match(message, /is damaged \(.*Nothing was changed\. Restore it|another program|has format/);
  }
  assert.ok(refused.length > 70, `${refused.length} of 100 were refused`);
});

test("a value that changed is refused by the name of its row", () => {
  // Also where an older copy of it lies, in what is free.
  const harm = (path: string): void =>
    writeFileSync(
      path,
      readFileSync(path, "latin1").replaceAll('{"text":"7777777"}', '{"text":"7777778"}'),
      "latin1",
    );
  assert.match(refusal("a value", harm) ?? "", /row instance "\/some\/path\/7" is not what was written/);
});

test("a file that was cut off anywhere is refused", () => {
  const { size } = statSync(good);
  for (const length of [1, 15, 100, 4095, 4096, 8192, 12_288, size - 4096, size - 1]) {
    const message = refusal(`${length} bytes`, (path) => truncateSync(path, length));
    assert.match(message ?? "", /is damaged|another program/, `${length} bytes`);
  }
  const empty = refusal("nothing", (path) => truncateSync(path, 0));
  assert.match(
    empty ?? "",
    /is damaged \(it is empty, of 0 bytes\)\. Nothing was changed\. Restore it from a backup/,
  );
});

test("a log without its file is refused, and kept", () => {
  const message = refusal("a log", (path) => {
    writeFileSync(`${path}-wal`, "what was written last");
    rmSync(path);
  });
  assert.match(
    message ?? "",
    /is missing, but its log .*-wal is there\. Nothing was changed\. Put the file back/,
  );
});

test("what a process that was killed had in its log is there, sums and all", () => {
  const directory = temporaryDirectory("unum-damage-log-");
  const path = join(directory, "unum.db");
  const database = openDatabase(path);
  database.commit([rows]);
  for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${path}.copy${end}`);
  database.close();
  const copy = openDatabase(`${path}.copy`);
  assert.deepEqual(readAll(copy), wanted);
  copy.close();
});

test("a file of the release without sums is read and written, and so is one that it wrote to since", () => {
  const path = join(temporaryDirectory("unum-damage-old-"), "unum.db");
  copyFileSync(good, path);
  const former = new DatabaseSync(path);
  former.exec("ALTER TABLE rows DROP COLUMN sum");
  former.close();
  const ours = openDatabase(path);
  assert.deepEqual(readAll(ours), wanted);
  ours.commit([[{ kind: "app", id: "/new", version: 1, value: "1" }]]);
  ours.close();
  // As that release writes: it does not know of sums, and leaves them.
  const again = new DatabaseSync(path);
  again.exec("UPDATE rows SET value = '2', revision = 99 WHERE id = '/new'");
  again.close();
  const back = openDatabase(path);
  assert.equal(readAll(back).find(({ id }) => id === "/new")?.value, "2");
  back.close();
});
