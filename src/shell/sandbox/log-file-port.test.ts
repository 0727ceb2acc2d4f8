import assert from "node:assert/strict";
import { closeSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Files } from "#ports/files.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { createLogFiles } from "./log-file-port.ts";

const read = (files: Files, path: string, offset: number | undefined, length = 100) =>
  new Promise((resolve) => {
    files.read(path, offset, length, (outcome) =>
      resolve(
        outcome.ok
          ? [outcome.value.offset, Buffer.from(outcome.value.data).toString()]
          : [outcome.code, outcome.message],
      ),
    );
  });

test("a log is read under its virtual path, also after it was turned over", async () => {
  const directory = temporaryDirectory("unum-log-");
  const file = join(directory, "master.log");
  writeFileSync(file, "first line\n");
  const files = createLogFiles("/master/log", file);
  assert.deepEqual(files.attached(), { "/master/log": file });
  assert.deepEqual(await read(files, "/master/log", 6, 4), [6, "line"]);
  assert.deepEqual(await read(files, "/master/log", undefined), [11, ""]);
  assert.deepEqual(await read(files, "/master/log", 5_000), [11, ""]);
  renameSync(file, `${file}.1`);
  writeFileSync(file, "new\n");
  assert.deepEqual(await read(files, "/master/log", 0), [0, "new\n"]);
  const whole = await new Promise<{ descriptor: number; sizeBytes: number } | undefined>((resolve) => {
    files.open("/master/log", (outcome) => resolve(outcome.ok ? outcome.value : undefined));
  });
  assert.ok(whole !== undefined);
  assert.equal(readFileSync(whole.descriptor, "utf8"), "new\n");
  closeSync(whole.descriptor);
});

test("the log's own path and any other are not there, and a log that is gone says so", async () => {
  const file = join(temporaryDirectory("unum-log-"), "gone.log");
  const files = createLogFiles("/master/log", file);
  for (const path of [file, "/master/log/../../etc/passwd", "/etc/passwd"])
    assert.deepEqual(await read(files, path, 0), ["not-found", `${path} is no file that is shown here`]);
  const [code, message] = (await read(files, "/master/log", 0)) as readonly string[];
  assert.equal(code, "not-found");
  assert.match(message ?? "", /^\/master\/log cannot be read: ENOENT/);
});

test("what is no log is asked of the others", async () => {
  const others: Files = {
    browse: (path, done) => done({ ok: false, code: "invalid", message: path }),
    read: (path, _offset, _length, done) => done({ ok: false, code: "invalid", message: path }),
    open: (path, done) => done({ ok: false, code: "invalid", message: path }),
    attached: () => ({ "/a": "/b" }),
  };
  const files = createLogFiles("/slave/log", "/nowhere", others);
  assert.deepEqual(await read(files, "/sandbox", 0), ["invalid", "/sandbox"]);
  assert.deepEqual(files.attached(), { "/slave/log": "/nowhere", "/a": "/b" });
});
