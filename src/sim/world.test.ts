/** Tests of virtual time, and of what a simulation forbids. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Digest } from "./digest.ts";
import { withoutRealWorld } from "./forbid.ts";
import { Life, World } from "./world.ts";

test("world: events run in the order of their time, and of their making within one instant", () => {
  const world = new World(1);
  const seen: string[] = [];
  world.after(5, () => seen.push("late"));
  world.after(1, () => {
    seen.push("first");
    world.clock(new Life(), 0).soon(() => seen.push("soon"));
  });
  world.after(1, () => seen.push("second"));
  world.after(2, () => seen.push("cancelled"))();
  while (world.step());
  assert.deepEqual(seen, ["first", "second", "soon", "late"]);
  assert.equal(world.eventCount, 4);
});

test("world: a process that has ended hears nothing any more", () => {
  const world = new World(1);
  const life = new Life();
  const clock = world.clock(life, 250);
  assert.equal(clock.nowMs(), world.nowMs + 250);
  clock.after(1, () => assert.fail("it is dead"));
  clock.soon(() => assert.fail("it is dead"));
  life.end();
  while (world.step());
});

test("world: notes are kept to the last ones, in order", () => {
  const world = new World(1);
  for (let index = 0; index < 450; index += 1) world.note(() => `note ${index}`);
  const notes = world.lastNotes();
  assert.ok(notes.length < 450);
  assert.match(notes.at(-1) ?? "", /note 449$/);
  assert.match(notes.at(-2) ?? "", /note 448$/);
});

test("forbid: the real clock, chance and timers throw inside, and are back outside", () => {
  const forbidden: readonly (() => unknown)[] = [
    () => Date.now(),
    () => Math.random(),
    () => performance.now(),
    () => setTimeout(() => {}, 0),
    () => queueMicrotask(() => {}),
  ];
  withoutRealWorld(() => {
    for (const use of forbidden) assert.throws(use, /inside a simulation/);
  });
  for (const use of forbidden) assert.doesNotThrow(use);
  assert.throws(() =>
    withoutRealWorld(() => {
      throw new Error("passed on");
    }),
  );
  assert.doesNotThrow(() => Date.now());
});

test("digest: depends on order, on content and on where one input ends", () => {
  const digest = (...texts: string[]): string => {
    const sum = new Digest();
    for (const text of texts) sum.add(text);
    return sum.text();
  };
  assert.equal(digest("a", "b"), digest("a", "b"));
  const others = [digest("b", "a"), digest("ab"), digest("a"), digest("a", "b", ""), digest("a", "c")];
  assert.equal(new Set([...others, digest("a", "b")]).size, 6);
});
