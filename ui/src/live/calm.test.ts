import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { busy, whenCalm } from "./calm.ts";

/** The browser's frames and its clock. */
let frames: (() => void)[] = [];
let nowMs = 10_000;
const { performance: real } = globalThis;
Object.assign(globalThis, {
  requestAnimationFrame: (tell: () => void) => frames.push(tell),
  performance: { now: () => nowMs },
});
after(() => {
  Reflect.deleteProperty(globalThis, "requestAnimationFrame");
  Object.assign(globalThis, { performance: real });
});

function pass(ms: number): void {
  nowMs += ms;
  for (const tell of frames.splice(0)) tell();
}

let told = 0;
const listener = (): void => {
  told += 1;
};
beforeEach(() => {
  pass(10_000);
  frames = [];
  told = 0;
});

test("however much changes, it is told once a frame", () => {
  for (let change = 0; change < 50; change += 1) whenCalm(listener);
  assert.equal(told, 0);
  assert.equal(frames.length, 1);
  pass(16);
  assert.equal(told, 1);
  whenCalm(listener);
  pass(16);
  assert.equal(told, 2);
});

test("what changes while one scrolls waits until that has come to rest", () => {
  busy();
  whenCalm(listener);
  pass(100);
  assert.equal(told, 0);
  busy();
  pass(100);
  assert.equal(told, 0);
  pass(30);
  assert.equal(told, 1);
});

test("but no longer than a second, each time", () => {
  for (let ms = 0; ms < 3_200; ms += 16) {
    busy();
    whenCalm(listener);
    pass(16);
  }
  assert.equal(told, 3);
});
