/**
 * What the scheduler says of a thread is read as it is written, and this thread's own time passes as it works.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseThreadTimes, readThreadTimes } from "./thread-times.ts";

test("times are told in seconds, and nothing where nothing is counted", () => {
  assert.deepEqual(parseThreadTimes("1500000000 250000000 7\n"), { ranSeconds: 1.5, waitedSeconds: 0.25 });
  for (const text of ["0 0 0\n", "", "1 2\n", "-1 2 3\n", "no"])
    assert.equal(parseThreadTimes(text), undefined);
});

test("this thread ran, longer and longer", (t) => {
  const before = readThreadTimes();
  if (before === undefined) return t.skip("this kernel does not count it");
  let after = before;
  for (let sum = 0; after.ranSeconds === before.ranSeconds; sum += 1)
    after = readThreadTimes() ?? assert.fail(`it counted before, and not after ${sum} looks`);
  assert.ok(after.ranSeconds > before.ranSeconds && after.waitedSeconds >= before.waitedSeconds);
});
