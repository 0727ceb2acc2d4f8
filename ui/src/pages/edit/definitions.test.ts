import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaned, emptyPod, exampleApp, merged, read, write } from "./definitions.ts";

test("what answers add is taken away, and so is what is empty; nothing else", () => {
  const clean = { id: "/a", cmd: "x", instances: 0, cpus: 0.1, env: { A: "" } };
  assert.deepEqual(
    cleaned({ ...clean, tasksRunning: 1, version: "2026", labels: {}, constraints: [] }),
    clean,
  );
});

test("a patch goes over a definition member by member", () => {
  const before = { id: "/a", env: { A: "1", B: "2" }, constraints: [["x"]] };
  assert.deepEqual(merged(before, { env: { B: null, C: "3" }, constraints: [], cpus: 1 }), {
    id: "/a",
    env: { A: "1", C: "3" },
    constraints: [],
    cpus: 1,
  });
});

test("what is written can be read; what is no object says why", () => {
  for (const definition of [exampleApp("/shop"), emptyPod(undefined)])
    assert.deepEqual(read(write(definition)).value, definition);
  assert.equal(exampleApp("/shop").id, "/shop/hello");
  assert.match(read("[]").problem ?? "", /object/);
  assert.ok(read("{").problem);
});
