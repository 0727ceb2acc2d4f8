import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, encodeMessage } from "../codec/encoding.ts";
import { scheduleMessage } from "../operator/order-messages.ts";
import { scheduleFromMessage } from "./machines.ts";
import { timeMessage, timeOf } from "./time-message.ts";

test("times: as long as an int64 counts they come back, and what is longer is the longest", () => {
  const longest = 2n ** 63n - 1n;
  assert.equal(timeMessage(1_500).nanoseconds, 1_500_000_000n);
  assert.equal(timeMessage(Number(longest)).nanoseconds, longest);
  assert.equal(timeMessage(-Number(longest)).nanoseconds, -longest);
  for (const nanoseconds of [longest, -longest - 1n, longest - 1n, 0n])
    for (const encoding of ["json", "protobuf"] as const) {
      const shown = encodeMessage(encoding, "TimeInfo", timeMessage(timeOf({ nanoseconds })));
      assert.ok(decodeMessage(encoding, "TimeInfo", shown).ok, `${nanoseconds} in ${encoding}`);
    }
});

test("times: a maintenance window without end in sight can be shown as it was ordered", () => {
  const extreme = { nanoseconds: 2n ** 63n - 1n };
  const windows = [
    { machine_ids: [{ hostname: "m" }], unavailability: { start: extreme, duration: extreme } },
  ];
  const schedule = scheduleFromMessage({ windows });
  const shown = scheduleMessage({ schedule } as never);
  assert.ok(
    decodeMessage("json", "maintenance.Schedule", encodeMessage("json", "maintenance.Schedule", shown)).ok,
  );
});
