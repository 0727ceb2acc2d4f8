import assert from "node:assert/strict";
import { test } from "node:test";
import { rlimitTypes } from "#model/task.ts";
import { LaunchRefusal } from "./launch-refusal.ts";
import { ownHardLimits, parseLimits, rlimitsOf } from "./rlimits.ts";

const own = parseLimits(
  [
    "Limit                     Soft Limit           Hard Limit           Units     ",
    "Max cpu time              unlimited            unlimited            seconds   ",
    "Max open files            1024                 20000                files     ",
    "Max nice priority         0                    0                    ",
  ].join("\n"),
);

test("the kernel's table of an own process has every limit", () => {
  assert.equal(ownHardLimits().size, rlimitTypes.length);
  assert.deepEqual(
    [own.get("cpu"), own.get("nofile"), own.get("nice"), own.get("as")],
    ["unlimited", 20_000, 0, undefined],
  );
});

test("who asks for nothing has the usual descriptors", () => {
  assert.deepEqual(rlimitsOf(undefined, own), [{ type: "nofile", soft: 1_024, hard: 20_000 }]);
  const few = new Map([["nofile", 100]] as const);
  assert.deepEqual(rlimitsOf([], few), [{ type: "nofile", soft: 100, hard: 100 }]);
});

test("what is asked for is given up to the agent's own, and refused beyond it", () => {
  const most = { type: "nofile", soft: 20_000, hard: 20_000 } as const;
  const core = { type: "core", soft: "unlimited", hard: "unlimited" } as const;
  assert.deepEqual(rlimitsOf([most, core], own), [most, core]);
  for (const hard of [20_001, "unlimited"] as const) {
    assert.throws(
      () => rlimitsOf([{ type: "nofile", soft: 1, hard }], own),
      (error) => error instanceof LaunchRefusal && /limit nofile of .* at most 20000/.test(error.message),
    );
  }
});
