import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { readClusterFile, writeClusterFile, writeCurrentCluster } from "./cluster-file.ts";
import { writeFileWhole } from "./files.ts";
import { ownIdentity, takeLock } from "./lock.ts";
import { ensureToken, readToken } from "./token.ts";

const directory = temporaryDirectory("unum-process-");
let fileNumber = 0;
const freshPath = (): string => {
  fileNumber += 1;
  return join(directory, `file-${fileNumber}`);
};

test("a lock that is held names its holder's pid, and is free when it is released", () => {
  const path = freshPath();
  const first = takeLock(path);
  assert.ok(first.kind === "taken");
  assert.deepEqual(takeLock(path), { kind: "held", pid: process.pid });
  first.release();
  assert.ok(!existsSync(path));
  assert.equal(takeLock(path).kind, "taken");
  first.release();
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.startsWith("file-1.")),
    [],
  );
});

test("a lock is taken over when its process is gone, is another one by now, or belongs to an earlier boot", async () => {
  const child = spawn(process.execPath, ["--eval", ""]);
  await once(child, "exit");
  const { startTime } = ownIdentity();
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  for (const stale of [
    { pid: child.pid, startTime: "1", bootId },
    { pid: process.pid, startTime: `${startTime}0`, bootId },
    { pid: process.pid, startTime, bootId: "another" },
  ]) {
    const path = freshPath();
    writeFileSync(path, JSON.stringify(stale));
    assert.equal(takeLock(path).kind, "taken", JSON.stringify(stale));
    assert.deepEqual(takeLock(path), { kind: "held", pid: process.pid });
  }
  const torn = freshPath();
  writeFileSync(torn, '{"pid":');
  assert.equal(takeLock(torn).kind, "taken");
});

test("of many processes at once exactly one gets a stale lock", async () => {
  const path = freshPath();
  writeFileSync(path, "{}");
  const program = `
    const { takeLock } = await import(${JSON.stringify(new URL("./lock.ts", import.meta.url).href)});
    process.stdout.write(takeLock(${JSON.stringify(path)}).kind + "\\n");
    process.stdin.resume();
  `;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ["--input-type=module", "--eval", program]),
  );
  try {
    const answers = await Promise.all(children.map((child) => once(child.stdout, "data")));
    const taken = answers.filter(([line]) => String(line).startsWith("taken"));
    assert.equal(taken.length, 1, answers.join(""));
  } finally {
    for (const child of children) child.kill("SIGKILL");
  }
});

test("the token is made once, and only its owner reads it", () => {
  const path = freshPath();
  const token = ensureToken(path);
  assert.match(token, /^[\w-]{40,}$/);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(ensureToken(path), token);
  assert.equal(readToken(path), token);
  chmodSync(path, 0o644);
  ensureToken(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.throws(() => readToken(freshPath()), /There is no token in/);
  writeFileSync(path, "two words");
  assert.throws(() => readToken(path), /holds no token/);
});

test("a file that cannot be put in place leaves nothing behind", () => {
  const path = freshPath();
  mkdirSync(path);
  assert.throws(() => writeFileWhole(path, "text", 0o600), /EISDIR|ENOTEMPTY|EEXIST/);
  assert.deepEqual(
    readdirSync(directory).filter((name) => name.endsWith(".new")),
    [],
  );
  rmdirSync(path);
});

test("the cluster's file comes back as it was written, and nonsense counts as none", () => {
  const content = {
    url: "http://127.0.0.1:8080",
    masterUrl: "http://127.0.0.1:5050",
    tokenFile: join(directory, "token"),
    agents: [{ name: "agent-1", url: "http://127.0.0.11:5051" }],
    up: { pid: 12, startTime: "1" },
    children: [{ name: "master", pid: 13, startTime: "2" }],
  };
  assert.equal(readClusterFile(directory), undefined);
  writeClusterFile(directory, content);
  assert.deepEqual(readClusterFile(directory), content);
  assert.equal(statSync(join(directory, "cluster.json")).mode & 0o777, 0o600);
  for (const nonsense of [
    "",
    "[]",
    JSON.stringify({ ...content, children: [{ pid: -1, startTime: "1" }] }),
  ]) {
    writeFileSync(join(directory, "cluster.json"), nonsense);
    assert.equal(readClusterFile(directory), undefined);
  }
  writeCurrentCluster(directory, "/srv/data");
  assert.equal(readFileSync(join(directory, ".unum/current"), "utf8"), "/srv/data\n");
});
