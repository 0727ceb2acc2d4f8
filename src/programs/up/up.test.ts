import assert from "node:assert/strict";
import { test } from "node:test";
import { createRecorder } from "./up.ts";

test("a cluster that cannot be recorded does not start; one that runs is not ended by a full disk", () => {
  const said: string[] = [];
  const full = (): never => {
    throw new Error("ENOSPC: no space left on device, write");
  };
  assert.throws(() => createRecorder((text) => said.push(text))(full), /ENOSPC/);
  const record = createRecorder((text) => said.push(text));
  record(() => {});
  record(full);
  record(full);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /no space left on device/);
  record(() => {});
  record(full);
  assert.equal(said.length, 2);
});
