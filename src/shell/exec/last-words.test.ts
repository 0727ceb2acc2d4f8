import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withoutMarks } from "./last-words.ts";

/** As crun does it. */
const logged = (bytes: Buffer): Buffer => {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) pieces.push(bytes.subarray(at, at + 255), Buffer.from("\n"));
  return Buffer.concat(pieces);
};

test("what was logged in pieces is whole again, whatever its bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      assert.deepEqual(withoutMarks(logged(Buffer.from(bytes))), Buffer.from(bytes));
    }),
  );
  for (const length of [0, 1, 254, 255, 256, 510, 511]) {
    const bytes = Buffer.alloc(length, "\n");
    assert.deepEqual(withoutMarks(logged(bytes)), bytes, String(length));
  }
});

test("an error of the runtime's own is a line", () => {
  const error = '{"msg":"executable file not found","level":"error","time":"2026-11-22T19:48:32Z"}\n';
  assert.equal(withoutMarks(Buffer.from(error)).toString(), "executable file not found\r\n");
  const looksLikeOne = '{"msg":"mine"}';
  assert.equal(withoutMarks(logged(Buffer.from(looksLikeOne))).toString(), looksLikeOne);
});
