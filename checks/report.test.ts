/**
 * The count of tests, on recorded events: what counts, what does not, and what a failure shows.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { reportTests, type TestEvent } from "./report.ts";

async function report(...events: readonly TestEvent[]): Promise<{ counts: string; text: string }> {
  async function* stream(): AsyncGenerator<TestEvent> {
    yield* events;
  }
  const lines: string[] = [];
  const { passed, failed, skipped } = await reportTests(stream(), (line) => lines.push(line));
  return { counts: `${passed} ${failed} ${skipped}`, text: lines.join("\n") };
}

const failure = (message: string, failureType: string): Error =>
  Object.assign(new Error(message, { cause: new Error(`cause of ${message}`) }), { failureType });

test("report: tests are counted, suites are not", async () => {
  const { counts } = await report(
    { type: "test:pass", data: { name: "a", details: { type: "test" } } },
    { type: "test:pass", data: { name: "b", details: { type: undefined } } },
    { type: "test:pass", data: { name: "suite", details: { type: "suite" } } },
    { type: "test:start", data: { name: "c" } },
  );
  assert.equal(counts, "2 0 0");
});

test("report: a failure is counted once, shown with its cause and with what its file printed", async () => {
  const { counts, text } = await report(
    { type: "test:stderr", data: { file: "x.test.ts", message: "printed before\n" } },
    {
      type: "test:fail",
      data: { name: "inner", file: "x.test.ts", details: { error: failure("one", "testCodeFailure") } },
    },
    {
      type: "test:fail",
      data: { name: "outer", file: "x.test.ts", details: { error: failure("two", "subtestsFailed") } },
    },
  );
  assert.equal(counts, "0 1 0");
  assert.match(text, /✖ inner[\s\S]*x\.test\.ts[\s\S]*cause of one[\s\S]*printed before/);
  assert.doesNotMatch(text, /outer/);
  const end = text.slice(text.indexOf("what failed, once more:"));
  assert.match(end, /✖ inner[\s\S]*x\.test\.ts[\s\S]*cause of one/, "the end of the log tells what failed");
  assert.doesNotMatch(end, /printed before/);
});

test("report: what was skipped has neither passed nor failed", async () => {
  const { counts } = await report({
    type: "test:pass",
    data: { name: "a", skip: "needs root", details: {} },
  });
  assert.equal(counts, "0 0 1");
});

test("report: nothing is counted when nothing ran", async () => {
  assert.equal((await report()).counts, "0 0 0");
});
