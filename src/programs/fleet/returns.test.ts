import assert from "node:assert/strict";
import { test } from "node:test";
import { Returns } from "./returns.ts";

test("only a fleet that was complete can come back, and each time is counted from its first loss", () => {
  const returns = new Returns(3);
  const samples = [1, 3, 3, 2, 0, 2, 3, 3, 2, 3];
  assert.deepEqual(
    samples.map((registered, index) => returns.note(registered, index)),
    [undefined, undefined, undefined, undefined, undefined, undefined, 3, undefined, undefined, 1],
  );
});
