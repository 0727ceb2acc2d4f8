import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DetachKeys, parseDetachKeys } from "./detach-keys.ts";

const ctrlP = 16;
const ctrlQ = 17;

test("keys are named as other programs name them", () => {
  assert.deepEqual(parseDetachKeys("ctrl-p,ctrl-q"), [ctrlP, ctrlQ]);
  assert.deepEqual(parseDetachKeys("ctrl-],q"), [29, 113]);
  assert.deepEqual(parseDetachKeys(""), []);
  assert.throws(() => parseDetachKeys("ctrl-enter"), /is no key/);
});

test("whatever is typed goes through unchanged, up to the keys, however it is cut", () => {
  const typed = fc.array(fc.constantFrom(ctrlP, ctrlQ, 97, 98), { maxLength: 12 });
  fc.assert(
    fc.property(typed, fc.integer({ min: 1, max: 5 }), (bytes, size) => {
      const keys = new DetachKeys([ctrlP, ctrlQ]);
      const at = bytes.findIndex((byte, index) => byte === ctrlP && bytes[index + 1] === ctrlQ);
      const sent: number[] = [];
      let isDetached = false;
      for (let from = 0; from < bytes.length && !isDetached; from += size) {
        const read = keys.read(Uint8Array.from(bytes.slice(from, from + size)));
        sent.push(...read.typed);
        isDetached = read.isDetached;
      }
      assert.equal(isDetached, at >= 0);
      // The first of the keys waits for what follows.
      const held = at < 0 && bytes.at(-1) === ctrlP ? 1 : 0;
      assert.deepEqual(sent, at < 0 ? bytes.slice(0, bytes.length - held) : bytes.slice(0, at));
    }),
  );
});
