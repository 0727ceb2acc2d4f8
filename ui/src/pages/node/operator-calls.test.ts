/**
 * Changing one machine's window leaves the others' as they were, to the millisecond.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

Object.assign(globalThis, {
  localStorage: { getItem: () => null, setItem: () => {}, removeItem: () => {} },
  window: { addEventListener: () => {} },
  document: { addEventListener: () => {} },
});
const { destroyCall, planned, readReserved, restored, toReserve, without } = await import(
  "./operator-calls.ts"
);

const at = (nanoseconds: number | string) => ({ nanoseconds });
const schedule = {
  windows: [
    {
      machine_ids: [{ hostname: "One" }, { hostname: "two" }],
      // As it comes: a number that is no longer exact.
      unavailability: { start: at(1_795_000_000_001_000_000), duration: at(3_600_000_000_000) },
    },
    { machine_ids: [{ hostname: "three", ip: "10.0.0.3" }], unavailability: { start: at("5000000") } },
  ],
};

test("a machine's window is planned, moved and taken out; others keep theirs exactly", () => {
  const window = { startMs: 7_000, durationMs: undefined };
  const next = planned(schedule, { hostname: "one" }, [], window);
  assert.deepEqual(next.windows, [
    {
      machine_ids: [{ hostname: "two" }],
      unavailability: { start: at("1795000000001000000"), duration: at("3600000000000") },
    },
    { machine_ids: [{ hostname: "three", ip: "10.0.0.3" }], unavailability: { start: at("5000000") } },
    { machine_ids: [{ hostname: "one" }], unavailability: { start: at("7000000000") } },
  ]);
  assert.equal(without(next, [{ hostname: "two" }]).windows?.length, 2);
  assert.equal(without(next, [{ hostname: "three" }]).windows?.length, 3, "another address, another machine");
});

test("what is taken back is one machine's; what others changed meanwhile stays", () => {
  const machines = [{ hostname: "two" }];
  const others = { machine_ids: [{ hostname: "four" }], unavailability: { start: at("8000000") } };
  const now = { windows: [...(without(schedule, machines).windows ?? []), others] };
  const back = restored(now, schedule, machines);
  assert.deepEqual(
    back.windows?.map(({ machine_ids }) => machine_ids),
    [[{ hostname: "One" }], [{ hostname: "three", ip: "10.0.0.3" }], [{ hostname: "four" }], machines],
  );
  assert.deepEqual(back.windows?.at(-1)?.unavailability, {
    start: at("1795000000001000000"),
    duration: at("3600000000000"),
  });
  assert.deepEqual(restored(back, { windows: [] }, machines).windows?.length, 3, "it was not in it before");
});

test("a shared volume is asked for as what it is", async (t) => {
  const volume = {
    name: "disk",
    type: "SCALAR",
    scalar: { value: 64 },
    disk: { persistence: { id: "v" } },
    reservations: [{ type: "DYNAMIC", role: "db" }],
    shared: {},
  };
  const slaves = [{ id: "A", reserved_resources_full: { db: [{ ...volume, role: "db" }] } }];
  t.mock.method(globalThis, "fetch", async () => Response.json({ slaves }));
  const { volumes } = await readReserved("A", "db");
  assert.deepEqual(destroyCall("A", volumes).destroy_volumes.volumes, [volume]);
});

test("what is reserved are the amounts that were given, for the role", () => {
  const resources = toReserve("db", { cpus: "0.5", mem: "", disk: "0" });
  assert.deepEqual(resources, [
    {
      name: "cpus",
      type: "SCALAR",
      scalar: { value: 0.5 },
      reservations: [{ type: "DYNAMIC", role: "db" }],
    },
  ]);
});
