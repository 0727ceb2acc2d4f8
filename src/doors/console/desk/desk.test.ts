/**
 * A view's defect is told to who asked, also where a loop that is not certain of its store looks later.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConsoleDesk, type DeskWorld } from "./desk.ts";

test("a defect that is met later is told, and thrown at nobody", () => {
  const later: (() => void)[] = [];
  // No state: whatever looks at it fails.
  const reads = {
    read: <View>(view: (state: never, nowMs: number) => View, done: (view: View) => void) =>
      void later.push(() => done(view(undefined as never, 0))),
    submit: () => {},
  };
  const world: Partial<DeskWorld> = {
    master: reads,
    apps: reads,
    nowMs: () => 0,
    after: () => () => {},
    failed: (error) => assert.fail(String(error)),
  };
  const desk = new ConsoleDesk(world as DeskWorld);
  desk.marks.agents = new Set();
  desk.marks.services = new Set();
  desk.marks.tasks = new Set();
  const told: unknown[] = [];
  desk.look(
    "about",
    {},
    () => assert.fail("there is nothing to be seen"),
    (error) => told.push(error),
  );
  for (let run = later.shift(); run !== undefined; run = later.shift()) run();
  assert.equal(told.length, 1);
});
