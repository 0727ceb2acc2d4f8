import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { SandboxRemoval } from "./removal.ts";

const root = temporaryDirectory("unum-removal-");
const aside = join(root, "removed");
const sandboxes = join(root, "sandboxes");
const removal = new SandboxRemoval(aside);

function makeSandbox(framework: string, name: string): string {
  const directory = join(sandboxes, framework, name);
  mkdirSync(join(directory, "some/where"), { recursive: true });
  writeFileSync(join(directory, "some/where/file"), "data");
  return directory;
}

test("its place is free before all of it is gone, and then nothing is left of it", async () => {
  const directory = makeSandbox("f", "old");
  const gone = removal.remove(directory);
  await removal.settled(directory);
  assert.ok(!existsSync(directory));
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "new"), "");
  await gone;
  assert.deepEqual(readdirSync(directory), ["new"]);
  assert.deepEqual(readdirSync(root), ["sandboxes"]);
});

test("many at once, of the same and of other names, with and without anything there", async () => {
  const directories = Array.from({ length: 20 }, (_, index) => makeSandbox("many", `s-${index % 5}`));
  await Promise.all([...directories, join(sandboxes, "none", "none")].map((path) => removal.remove(path)));
  assert.ok(!existsSync(join(sandboxes, "many")));
  assert.ok(!existsSync(aside));
});

test("a framework's directory stays as long as another sandbox is in it", async () => {
  const [first, second] = [makeSandbox("two", "a"), makeSandbox("two", "b")];
  await removal.remove(first);
  assert.deepEqual(readdirSync(join(sandboxes, "two")), ["b"]);
  await removal.remove(second);
  assert.ok(!existsSync(join(sandboxes, "two")));
});

test("a tree deeper than any path can name goes too", async () => {
  const directory = makeSandbox("f", "deep");
  const name = "d".repeat(200);
  const home = process.cwd();
  try {
    process.chdir(directory);
    for (let depth = 0; depth < 40; depth += 1) {
      mkdirSync(name);
      process.chdir(name);
    }
  } finally {
    process.chdir(home);
  }
  await removal.remove(directory);
  assert.ok(!existsSync(directory) && !existsSync(aside));
});

test("what an agent that was killed left behind goes at the next start", async () => {
  mkdirSync(join(aside, "half/gone"), { recursive: true });
  await new SandboxRemoval(aside).open();
  assert.ok(!existsSync(aside));
});
