import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { prepareSandbox } from "./prepare.ts";
import { rotateOutput } from "./rotate.ts";

describe("output rotation", () => {
  let directory: string;
  const at = (name: string): string => join(directory, name);
  const read = (name: string): string => readFileSync(at(name), "utf8");
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "unum-rotate-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("moves what is there aside, oldest out, and truncates in place", async () => {
    for (const round of ["first", "second", "third", "fourth"]) {
      appendFileSync(at("stdout"), `${round} ${"x".repeat(20)}`);
      assert.equal(await rotateOutput(directory, "stdout", 10, 3), true);
      assert.equal(read("stdout"), "");
    }
    assert.match(read("stdout.1"), /x{10}$/);
    assert.ok(existsSync(at("stdout.2")));
    assert.ok(!existsSync(at("stdout.3")));
  });

  it("removes no directory that a task put in the way, and truncates all the same", async () => {
    for (const name of ["stdout.1", "stdout.2"]) {
      mkdirSync(at(name));
      writeFileSync(at(`${name}/kept`), name);
    }
    writeFileSync(at("stdout"), "x".repeat(20));
    assert.equal(await rotateOutput(directory, "stdout", 10, 3), true);
    assert.equal(read("stdout"), "");
    for (const name of ["stdout.1", "stdout.2"]) assert.equal(read(`${name}/kept`), name);
  });

  it("leaves a file alone that is not larger than the limit, or not there", async () => {
    writeFileSync(at("stdout"), "0123456789");
    assert.equal(await rotateOutput(directory, "stdout", 10, 3), false);
    assert.equal(await rotateOutput(directory, "stderr", 10, 3), false);
    assert.equal(read("stdout"), "0123456789");
  });

  it("keeps only the newest of a file that outgrew the limit, and only one file when told so", async () => {
    writeFileSync(at("stdout"), "old-old-old-0123456789");
    await rotateOutput(directory, "stdout", 10, 2);
    assert.equal(read("stdout.1"), "0123456789");
    writeFileSync(at("stderr"), "0123456789a");
    await rotateOutput(directory, "stderr", 10, 1);
    assert.ok(!existsSync(at("stderr.1")));
    assert.equal(read("stderr"), "");
  });

  it("never follows a link that a task put in its way", async () => {
    const victim = at("victim");
    writeFileSync(victim, "a long text that must stay");
    symlinkSync(victim, at("stdout"));
    assert.equal(await rotateOutput(directory, "stdout", 10, 3), false);
    writeFileSync(at("stderr"), "also longer than ten");
    symlinkSync(victim, at("stderr.1"));
    await rotateOutput(directory, "stderr", 10, 2);
    assert.equal(read("victim"), "a long text that must stay");
    assert.equal(read("stderr.1"), "er than ten".slice(1));
  });

  it("a sandbox is made ready anew: links in place of outputs are replaced by plain files", async () => {
    const victim = at("victim");
    writeFileSync(victim, "kept");
    symlinkSync(victim, at("stdout"));
    writeFileSync(at("stderr"), "from before");
    prepareSandbox(directory, undefined);
    appendFileSync(at("stdout"), "new");
    assert.equal(read("victim"), "kept");
    assert.equal(read("stdout"), "new");
    assert.equal(read("stderr"), "from before");
  });
});
