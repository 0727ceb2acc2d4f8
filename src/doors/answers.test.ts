import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonAnswer } from "./answers.ts";

test("an answer that is longer than a text can be is an error for its reader, and for nobody else", () => {
  // One text many times over: far more than the longest possible, though it takes up little itself.
  const large = "x".repeat(64 * 1024 * 1024);
  const answer = jsonAnswer(
    200,
    Array.from({ length: 9 }, () => large),
    { Location: "/x" },
  );
  assert.equal(answer.status, 503);
  assert.deepEqual(answer.headers, { "Content-Type": "application/json" });
  assert.match(JSON.parse(String(answer.body)).message, /too large/);
});

test("what cannot be written at all is a defect, and stays one", () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  assert.throws(() => jsonAnswer(200, loop), TypeError);
});
