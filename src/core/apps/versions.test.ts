import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { versionId } from "#model/ids.ts";
import { formatInstant, nextVersion, noVersion, parseInstant } from "./versions.ts";

test("instants are written as the calendar has them, and read back", () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_000_000_000_000, max: 253_402_300_799_999 }), (atMs) => {
      assert.equal(formatInstant(atMs), new Date(atMs).toISOString());
      assert.equal(parseInstant(formatInstant(atMs)), atMs);
    }),
    { numRuns: 2_000 },
  );
  assert.equal(formatInstant(Date.UTC(2024, 1, 29, 23, 59, 59, 999)), "2024-02-29T23:59:59.999Z");
});

test("versions rise though the clock stands still or goes back", () => {
  const first = nextVersion(1_767_225_600_000, noVersion);
  const second = nextVersion(1_767_225_600_000, first);
  const third = nextVersion(1_767_225_000_000, second);
  assert.deepEqual(
    [first, second, third],
    ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z", "2026-01-01T00:00:00.002Z"].map(versionId),
  );
});
