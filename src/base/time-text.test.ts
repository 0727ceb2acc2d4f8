import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatTime, parseTime } from "./time-text.ts";

const times = fc.integer({ min: 0, max: 253_402_300_799_999 });

test("a time is written as the platform's calendar writes it", () => {
  fc.assert(fc.property(times, (timeMs) => assert.equal(formatTime(timeMs), new Date(timeMs).toISOString())));
});

test("what was written is read back to the millisecond", () => {
  fc.assert(fc.property(times, (timeMs) => assert.equal(parseTime(formatTime(timeMs)), timeMs)));
});

test("leap days exist in leap years only", () => {
  assert.equal(parseTime("2024-02-29T00:00:00Z"), Date.UTC(2024, 1, 29));
  assert.equal(parseTime("2023-02-29T00:00:00Z"), undefined);
  assert.equal(parseTime("1900-02-29T00:00:00Z"), undefined);
});

test("text that is no time of this form is undefined", () => {
  for (const text of [
    "",
    "now",
    "2026-11-22",
    "2026-13-01T00:00:00Z",
    "2026-11-22T24:00:00Z",
    "2026-11-22T10:00:00",
  ])
    assert.equal(parseTime(text), undefined);
});
