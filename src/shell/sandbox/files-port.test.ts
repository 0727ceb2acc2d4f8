import assert from "node:assert/strict";
import { closeSync, mkdirSync, readSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { OpenFile } from "#ports/door.ts";
import type { FileEntry, FilePart, FilesOutcome } from "#ports/files.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { SandboxFiles } from "./files.ts";
import { createFilesPort } from "./files-port.ts";

const root = temporaryDirectory("unum-files-port-");
const sandbox = join(root, "f-1", "web.1");
mkdirSync(sandbox, { recursive: true });
writeFileSync(join(sandbox, "stdout"), "0123456789");
symlinkSync("/etc/hostname", join(sandbox, "outside"));
const files = createFilesPort(new SandboxFiles(root, async () => []));
const virtual = "/frameworks/f-1/executors/web.1/runs/latest";

const outcomeOf = <Value>(
  ask: (done: (outcome: FilesOutcome<Value>) => void) => void,
): Promise<FilesOutcome<Value>> => new Promise((resolve) => ask(resolve));

test("a sandbox is listed in the terms in which it was asked for", async () => {
  for (const path of [virtual, `${virtual}/`, sandbox]) {
    const outcome = await outcomeOf<readonly FileEntry[]>((done) => files.browse(path, done));
    assert.ok(outcome.ok, path);
    assert.deepEqual(
      outcome.value.map((entry) => entry.path),
      [join(path, "outside"), join(path, "stdout")],
    );
    assert.deepEqual([outcome.value[1]?.sizeBytes, outcome.value[1]?.links], [10, 1]);
  }
});

test("a nested task's sandbox is found through its executor's, by both of its virtual paths", async () => {
  const nested = join(root, "f-1", "pod", "tasks", "runs");
  mkdirSync(nested, { recursive: true });
  writeFileSync(join(nested, "stdout"), "nested");
  const executor = "/frameworks/f-1/executors/pod";
  for (const path of [`${executor}/tasks/runs`, `${executor}/runs/latest/tasks/runs`]) {
    const outcome = await outcomeOf<FilePart>((done) => files.read(`${path}/stdout`, 0, 100, done));
    assert.ok(outcome.ok, path);
    assert.equal(Buffer.from(outcome.value.data).toString(), "nested");
  }
  for (const path of [`${executor}/tasks`, `${executor}/runs/latest-not`, `${executor}/other/runs`]) {
    const outcome = await outcomeOf<readonly FileEntry[]>((done) => files.browse(path, done));
    assert.ok(!outcome.ok && outcome.code === "not-found", path);
  }
});

test("parts of a file, its size, and what is beyond its end", async () => {
  const part = async (offset: number | undefined, length: number): Promise<unknown> => {
    const outcome = await outcomeOf<FilePart>((done) =>
      files.read(`${virtual}/stdout`, offset, length, done),
    );
    assert.ok(outcome.ok);
    return [outcome.value.offset, Buffer.from(outcome.value.data).toString()];
  };
  assert.deepEqual(await part(2, 3), [2, "234"]);
  assert.deepEqual(await part(undefined, 3), [10, ""]);
  assert.deepEqual(await part(10, 3), [10, ""]);
  assert.deepEqual(await part(99, 3), [10, ""]);
});

test("an opened file is the caller's, and nothing outside the sandbox is opened", async () => {
  const opened = await outcomeOf<OpenFile>((done) => files.open(`${virtual}/stdout`, done));
  assert.ok(opened.ok);
  const buffer = Buffer.alloc(10);
  assert.equal(readSync(opened.value.descriptor, buffer), 10);
  closeSync(opened.value.descriptor);
  for (const [path, code] of [
    [`${virtual}/outside`, "forbidden"],
    [`${virtual}/none`, "not-found"],
    ["/frameworks/f-1/executors/../runs/latest/../../../etc/passwd", "not-found"],
    ["/etc/passwd", "not-found"],
  ] as const) {
    const outcome = await outcomeOf<OpenFile>((done) => files.open(path, done));
    assert.ok(!outcome.ok && outcome.code === code, `${path}: ${JSON.stringify(outcome)}`);
  }
});
