import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatListedFile, formatMode } from "./files-format.ts";

test("a file is listed as Mesos lists it", () => {
  const fixture = new URL("./fixtures/files-browse.json", import.meta.url);
  const [recorded] = JSON.parse(readFileSync(fixture, "utf8"));
  const shown = formatListedFile({
    path: recorded.path,
    sizeBytes: recorded.size,
    modifiedAtMs: recorded.mtime * 1000 + 123,
    mode: 0o100644,
    links: 1,
    user: "root",
    group: "root",
  });
  assert.deepEqual(shown, recorded);
});

test("modes are written as ls writes them", () => {
  const modes: readonly (readonly [number, string])[] = [
    [0o100644, "-rw-r--r--"],
    [0o040755, "drwxr-xr-x"],
    [0o120777, "lrwxrwxrwx"],
    [0o041777, "drwxrwxrwt"],
    [0o041776, "drwxrwxrwT"],
    [0o104755, "-rwsr-xr-x"],
    [0o102644, "-rw-r-Sr--"],
    [0o010600, "prw-------"],
    [0o140700, "srwx------"],
  ];
  for (const [mode, text] of modes) assert.equal(formatMode(mode), text);
});
