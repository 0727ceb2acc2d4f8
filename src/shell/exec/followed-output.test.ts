import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { until } from "../../../test/until.ts";
import { rotateOutput } from "../sandbox/rotate.ts";
import { FollowedOutputs } from "./followed-output.ts";

const home = temporaryDirectory("unum-followed-");
let count = 0;

function scene() {
  count += 1;
  const sandbox = join(home, String(count));
  mkdirSync(sandbox);
  writeFileSync(join(sandbox, "stdout"), "before\n");
  writeFileSync(join(sandbox, "stderr"), "");
  const outputs = new FollowedOutputs();
  const seen = { stdout: "", stderr: "", isEnded: false, isRunning: true, isFull: false };
  const follow = () =>
    outputs.follow(sandbox, () => seen.isRunning, {
      output: (stream, bytes) => {
        seen[stream] += Buffer.from(bytes).toString();
        return !seen.isFull;
      },
      ended: () => {
        seen.isEnded = true;
      },
    });
  const rotate = () => rotateOutput(sandbox, "stdout", 100, 2, () => outputs.beforeCut(sandbox, "stdout"));
  return { sandbox, outputs, seen, follow, rotate };
}

test("what comes from now on is read, and the end when the task has ended", async () => {
  const { sandbox, seen, follow } = scene();
  follow();
  appendFileSync(join(sandbox, "stdout"), "one\n");
  appendFileSync(join(sandbox, "stderr"), "bad\n");
  await until("both", () => seen.stdout === "one\n" && seen.stderr === "bad\n");
  assert.equal(seen.isEnded, false);
  seen.isRunning = false;
  appendFileSync(join(sandbox, "stdout"), "last\n");
  await until("the end", () => seen.isEnded);
  assert.equal(seen.stdout, "one\nlast\n");
});

test("a slow reader holds itself back, and loses nothing when the file is turned over", async () => {
  const { sandbox, seen, follow, rotate } = scene();
  const output = follow();
  seen.isFull = true;
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index}\n`);
  for (const line of lines) {
    appendFileSync(join(sandbox, "stdout"), line);
    await rotate();
  }
  seen.isFull = false;
  output?.resume();
  appendFileSync(join(sandbox, "stdout"), "end\n");
  await until("all", () => {
    output?.resume();
    return seen.stdout.endsWith("end\n");
  });
  assert.equal(seen.stdout, `${lines.join("")}end\n`);
  output?.detach();
});

test("who is too far behind a file that is turned over is dropped", async () => {
  const { sandbox, seen, follow, rotate } = scene();
  seen.isFull = true;
  follow();
  appendFileSync(join(sandbox, "stdout"), "x".repeat(limits.followedOutputKeptMax + 300_000));
  await rotate();
  assert.equal(seen.isEnded, true);
});

test("links are not followed, and no more may read than is bounded", () => {
  const { sandbox, outputs, follow } = scene();
  for (let index = 0; index < limits.sessionReadersMax; index += 1) assert.ok(follow() !== undefined);
  assert.equal(follow(), undefined);
  const other = join(home, "links");
  mkdirSync(other);
  for (const name of ["stdout", "stderr"]) symlinkSync("/etc/hostname", join(other, name));
  assert.equal(
    outputs.follow(other, () => true, { output: () => true, ended: () => {} }),
    undefined,
  );
  assert.ok(sandbox !== other);
});
