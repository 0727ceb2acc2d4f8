/** Tests of virtual time, and of what a simulation forbids. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Digest } from "./digest.ts";
import { withoutRealWorld } from "./forbid.ts";
import { Supervised } from "./process.ts";
import { anyNode, Wires } from "./wires.ts";
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

test("process: paused, it hears nothing; then all of it, in order, by a clock that went on and may jump", () => {
  const world = new World(1);
  const seen: string[] = [];
  let skewMs = 0;
  const supervised = new Supervised(world, "p", (life) => {
    const clock = world.clock(life, 0);
    const say = (what: string) => (): void => {
      skewMs = clock.nowMs() - world.nowMs;
      seen.push(`${what} at ${world.elapsedMs}`);
    };
    clock.after(50, say("a"));
    clock.after(150, say("b"));
    clock.after(160, say("c"));
    clock.after(900, say("d"));
    life.atEnd(say("end"));
  });
  supervised.startAfter(0);
  world.after(100, () => supervised.pauseFor(300));
  world.after(500, () => supervised.jumpClock(-5_000));
  world.after(1_000, () => supervised.pauseFor(300));
  world.after(1_100, () => supervised.crash("killed while paused", undefined));
  while (world.step());
  assert.deepEqual(seen, ["a at 50", "b at 400", "c at 400", "d at 900", "end at 1100"]);
  assert.equal(skewMs, -5_000);
});

test("wires: a way is open again when the last reason to block it is gone", () => {
  const wires = new Wires();
  const [one, two, all] = [wires.block("a", "b"), wires.block("a", "b"), wires.block(anyNode, "c")];
  assert.deepEqual(
    [wires.isBlocked("a", "b"), wires.isBlocked("b", "a"), wires.isCut("b", "a")],
    [true, false, true],
  );
  assert.ok(wires.isBlocked("a", "c"));
  one();
  one();
  assert.ok(wires.isBlocked("a", "b"));
  two();
  all();
  assert.ok(!wires.isCut("a", "b") && !wires.isBlocked("a", "c"));
});
