/**
 * A defect of the console is logged, and goes no further: the loops that tell it things go on.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConsoleHooks } from "./console.ts";

test("a desk that fails costs nobody but the console anything", () => {
  const hooks = new ConsoleHooks();
  hooks.observe({ type: "tick" });
  const failures: unknown[] = [];
  const fail = (): never => {
    throw new Error("a defect");
  };
  hooks.open(
    { observe: fail, masterRecords: fail, appsRecords: fail, appsEvent: fail, masterChanges: fail },
    (error) => failures.push(error),
  );
  hooks.observe({ type: "tick" });
  hooks.masterRecords(undefined as never, []);
  hooks.appsRecords(undefined as never, []);
  hooks.appsEvent(undefined as never);
  hooks.masterChanges([]);
  assert.equal(failures.length, 5);
});
