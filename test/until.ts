/**
 * Waiting in tests: for a condition, with a deadline, never for a time.
 */

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** How much longer to wait where everything is slow, such as in a machine within this one. */
const patience = Number(process.env.UNUM_TEST_PATIENCE ?? 1);

/** Resolves with the first value that is neither undefined nor false; fails at the deadline, saying for what. */
export async function until<Value>(
  what: string,
  probe: () => Value | undefined | false | Promise<Value | undefined | false>,
  deadlineMs = 20_000,
): Promise<Value> {
  const endMs = Date.now() + deadlineMs * patience;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > endMs) assert.fail(`waited ${deadlineMs * patience} ms in vain for ${what}`);
    await sleep(5);
  }
}
