/**
 * Waiting in tests: for a condition, with a deadline, never for a time.
 */

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves with the first value that is neither undefined nor false; fails at the deadline, saying for what. */
export async function until<Value>(
  what: string,
  probe: () => Value | undefined | false | Promise<Value | undefined | false>,
  deadlineMs = 20_000,
): Promise<Value> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > endMs) assert.fail(`waited ${deadlineMs} ms in vain for ${what}`);
    await sleep(5);
  }
}
