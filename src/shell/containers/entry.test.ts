import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { containerId, executorId, frameworkId } from "#model/ids.ts";
import { createEntry, type Entry, isLost } from "./entry.ts";
import { type ProcessIdentity, processStartTime } from "./process-identity.ts";

const gone: ProcessIdentity = { pid: 0x7ffffffe, startTime: "1" };
const alive: ProcessIdentity = { pid: process.pid, startTime: processStartTime(process.pid) ?? "" };

function entryWith(started: ProcessIdentity | undefined, supervisor: ProcessIdentity | undefined): Entry {
  const entry = createEntry({
    containerId: containerId("c"),
    frameworkId: frameworkId("f"),
    executorId: executorId("t"),
    nestedTaskId: undefined,
    name: "c",
    directory: "/d",
    sandbox: "/s",
    sharedSandbox: undefined,
    diskBytesMax: undefined,
    bootId: "b",
    kind: "oci",
  });
  return Object.assign(entry, { started, supervisor });
}

/** What each of so many looks says, so far apart. */
const looks = (entry: Entry, count: number, apartMs: number): readonly boolean[] =>
  Array.from({ length: count }, (_, index) => isLost(entry, index * apartMs));

test("one that runs, or has not started, or has a supervisor to speak for it, is never lost", () => {
  for (const entry of [entryWith(alive, gone), entryWith(undefined, gone), entryWith(gone, alive)]) {
    assert.deepEqual(new Set(looks(entry, 10, limits.exitSettleMs)), new Set([false]));
  }
});

test("one whose supervisor is gone is lost at the third look", () => {
  assert.deepEqual(looks(entryWith(gone, gone), 4, 1), [false, false, true, true]);
});

test("one whose supervisor nobody saw is given time", () => {
  const entry = entryWith(gone, undefined);
  assert.deepEqual(new Set(looks(entry, 10, 1)), new Set([false]));
  assert.equal(isLost(entry, limits.exitSettleMs), true);
});
