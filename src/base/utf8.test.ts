import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { utf8Length } from "./utf8.ts";

test("a text's length is that of its encoding", () => {
  assert.equal(utf8Length("aé€😀"), 1 + 2 + 3 + 4);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(utf8Length(text), Buffer.byteLength(text));
    }),
  );
});
