import assert from "node:assert/strict";
import { chownSync, lstatSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { prepareNestedSandbox, prepareSandbox } from "./prepare.ts";

const root = temporaryDirectory("unum-prepare-");
const asRoot = { skip: process.getuid?.() === 0 ? false : "ownership needs root" };
const user = { uid: 65534, gid: 65534 };
const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test("a sandbox has its two output files, whatever an earlier life put in their place", asRoot, () => {
  const directory = join(root, "f", "task");
  prepareSandbox(directory, user);
  rmSync(join(directory, "stdout"));
  symlinkSync("/etc/passwd", join(directory, "stdout"));
  rmSync(join(directory, "stderr"));
  mkdirSync(join(directory, "stderr"));
  prepareSandbox(directory, user);
  for (const name of ["stdout", "stderr"]) {
    const status = lstatSync(join(directory, name));
    assert.ok(status.isFile() && status.uid === user.uid, name);
  }
  assert.equal(modeOf(directory), "750");
});

test("a link in the place of a sandbox is refused, not followed", () => {
  mkdirSync(join(root, "target"));
  mkdirSync(join(root, "f"), { recursive: true });
  symlinkSync(join(root, "target"), join(root, "f", "link"));
  assert.throws(() => prepareSandbox(join(root, "f", "link"), undefined), /EEXIST/);
  assert.equal(modeOf(join(root, "target")), "755");
});

test(
  "what tasks share is theirs to write, but not to put anything in the place of a task's own",
  asRoot,
  () => {
    const shared = join(root, "f", "pod");
    const own = join(shared, "tasks", "web");
    prepareNestedSandbox(shared, own, user);
    prepareNestedSandbox(shared, join(shared, "tasks", "job"), { uid: 65533, gid: 65534 });
    assert.deepEqual([modeOf(shared), modeOf(join(shared, "tasks")), modeOf(own)], ["1771", "755", "750"]);
    const owners = [shared, join(shared, "tasks"), own].map((path) => statSync(path).uid);
    assert.deepEqual(owners, [0, 0, user.uid]);
  },
);

test("`tasks` that a user made, as a link or as a directory, is refused", asRoot, () => {
  for (const kind of ["link", "directory"]) {
    const shared = join(root, "f", `sly-${kind}`);
    const target = join(root, `target-${kind}`);
    prepareSandbox(shared, user);
    mkdirSync(target);
    writeFileSync(join(target, "file"), "");
    if (kind === "link") symlinkSync(target, join(shared, "tasks"));
    else mkdirSync(join(shared, "tasks"));
    if (kind === "directory") chownSync(join(shared, "tasks"), user.uid, user.gid);
    assert.throws(() => prepareNestedSandbox(shared, join(shared, "tasks", "web"), user), /tasks|EEXIST/);
    assert.equal(statSync(target).uid, 0);
  }
});
