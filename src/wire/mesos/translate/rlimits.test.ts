import assert from "node:assert/strict";
import { test } from "node:test";
import { rlimitTypes } from "#model/task.ts";
import { containersEnums } from "../proto/containers.ts";
import { rlimitsFromMessage, rlimitsMessage } from "./rlimits.ts";

test("every type of Mesos's is known, there and back", () => {
  const names = Object.keys(containersEnums["RLimitInfo.RLimit.Type"]).filter((name) => name !== "UNKNOWN");
  assert.equal(names.length, rlimitTypes.length);
  const message = { rlimits: names.map((type) => ({ type, soft: 1n, hard: 2n })) };
  const limits = rlimitsFromMessage(message as Parameters<typeof rlimitsFromMessage>[0]);
  assert.ok(limits.ok && limits.value);
  assert.deepEqual(limits.value.map(({ type }) => type).sort(), [...rlimitTypes].sort());
  assert.deepEqual(rlimitsMessage(limits.value), message);
});

test("one without amounts, or with more than a number holds, is without bounds", () => {
  const limits = rlimitsFromMessage({
    rlimits: [{ type: "RLMT_CORE" }, { type: "RLMT_AS", soft: 5n, hard: 2n ** 64n - 1n }],
  });
  assert.deepEqual(limits.ok && limits.value, [
    { type: "core", soft: "unlimited", hard: "unlimited" },
    { type: "as", soft: 5, hard: "unlimited" },
  ]);
  assert.deepEqual(rlimitsMessage((limits.ok && limits.value) || []), {
    rlimits: [{ type: "RLMT_CORE" }, { type: "RLMT_AS", soft: 5n, hard: 2n ** 64n - 1n }],
  });
  assert.deepEqual(rlimitsFromMessage(undefined), { ok: true, value: undefined });
});

test("what makes no sense is refused with the limit's name", () => {
  const cases = [
    [{ type: "RLMT_NOFILE", soft: 1n }, /'nofile' must have both/],
    [{ type: "RLMT_NOFILE", soft: 3n, hard: 2n }, /soft amount of the limit 'nofile'/],
    [{ soft: 1n, hard: 2n }, /'UNKNOWN' is unknown/],
    [{ type: "UNKNOWN", soft: 1n, hard: 2n }, /'UNKNOWN' is unknown/],
  ] as const;
  for (const [limit, expected] of cases) {
    const outcome = rlimitsFromMessage({ rlimits: [limit] });
    assert.match(outcome.ok ? "taken" : outcome.fault, expected);
  }
  const twice = { type: "RLMT_CPU", soft: 1n, hard: 1n } as const;
  const outcome = rlimitsFromMessage({ rlimits: [twice, twice] });
  assert.match(outcome.ok ? "taken" : outcome.fault, /'cpu' is set twice/);
});
