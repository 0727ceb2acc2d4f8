/**
 * A view's defect is told to who asked, also where a loop that is not certain of its store looks later, and what fails in
 * a later turn of a long look.
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

test("what fails in a later turn of a long look is told to who asked", () => {
  let turns = 0;
  const tasks = new Map(Array.from({ length: 9_000 }, (_, index) => [`F/${index}`, { state: "finished" }]));
  const state = {
    instancesByApp: new Map(),
    tables: { task: tasks, agent: new Map(), "agent-session": new Map() },
    indexes: { agentByKey: new Map() },
  };
  const reads = {
    read: <View>(view: (state: never, nowMs: number) => View, done: (view: View) => void) => {
      turns += 1;
      // Two reads are a turn.
      if (turns > 2) throw new Error("the store is gone");
      done(view(state as never, 0));
    },
    submit: () => {},
  };
  const later: (() => void)[] = [];
  let nowMs = 0;
  const world: Partial<DeskWorld> = {
    master: reads,
    apps: reads,
    nowMs: () => (nowMs += 10),
    after: (_delayMs, run) => {
      later.push(run);
      return () => {};
    },
    failed: (error) => assert.fail(String(error)),
  };
  const desk = new ConsoleDesk(world as DeskWorld);
  later.length = 0;
  desk.marks.agents = new Set();
  desk.marks.services = new Set();
  desk.marks.tasks = new Set();
  const told: string[] = [];
  desk.look(
    "tasks",
    {},
    () => assert.fail("there is more to look at"),
    (error) => told.push(String(error)),
  );
  assert.deepEqual([told, later.length], [[], 1]);
  later.shift()?.();
  assert.deepEqual(told, ["Error: the store is gone"]);
});
