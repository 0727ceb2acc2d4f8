/**
 * The fuzz over definitions: whatever is sent is taken or refused with a reason, what is taken means what is shown,
 * never hangs in silence, and goes away when it is deleted.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { tryDefinition } from "./fuzz/definitions.ts";

const seedsPerTest = 100;

/** Seeds that once found something: zeros below zero, ports that are required and were left to us. */
test("fuzz: definitions: what was found once stays away", () => {
  for (const seed of [213, 314, 434, 1104, 3704, 3880, 4228, 4644, 5078]) tryDefinition(seed);
});

for (const first of [1, 101, 201, 301, 401])
  test(`fuzz: definitions: seeds ${first} to ${first + seedsPerTest - 1}`, () => {
    const statuses = new Map<number, number>();
    for (let seed = first; seed < first + seedsPerTest; seed += 1) {
      const { status } = tryDefinition(seed);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    const count = (status: number): number => statuses.get(status) ?? 0;
    assert.ok(count(201) >= 10 && count(422) >= 10, JSON.stringify([...statuses]));
  });
