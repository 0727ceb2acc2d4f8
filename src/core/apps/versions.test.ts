import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextVersion, noVersion } from "./versions.ts";

test("versions rise though the clock stands still or goes back", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000_000 }), { minLength: 1 }), (times) => {
      let latest = noVersion;
      for (const nowMs of [...times, ...times]) {
        const version = nextVersion(nowMs, latest);
        assert.ok(version > latest);
        latest = version;
      }
    }),
  );
  const first = nextVersion(1_767_225_600_000, noVersion);
  assert.equal(first, "2026-01-01T00:00:00.000Z");
  assert.equal(nextVersion(1_767_225_600_000, first), "2026-01-01T00:00:00.001Z");
});
