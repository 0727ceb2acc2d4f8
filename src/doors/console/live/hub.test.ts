/**
 * The hub's bounds: a view that takes long is looked at more seldom, one that fails costs only its own readers, and
 * there are only so many views.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { LiveHub, type LiveReader } from "./hub.ts";

class Driver {
  nowMs = 1_000_000;
  count = 1;
  tookMs = 1;
  /** In turns that came later. */
  workedMs = 0;
  looks = 0;
  fails = false;
  failures = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  readonly hub = new LiveHub({
    nowMs: () => this.nowMs,
    after: (delayMs, run) => {
      const timer = { atMs: this.nowMs + delayMs, run };
      this.#timers.add(timer);
      return () => void this.#timers.delete(timer);
    },
    count: () => this.count,
    look: (_name, _params, done) => {
      this.looks += 1;
      this.nowMs += this.tookMs;
      if (this.fails) throw new Error("a defect");
      done({ rows: [], looks: this.looks }, this.workedMs);
    },
    failed: () => {
      this.failures += 1;
    },
  });

  change(): void {
    this.count += 1;
    this.hub.changed();
  }

  waits(delayMs: number): void {
    const untilMs = this.nowMs + delayMs;
    for (;;) {
      const [next] = [...this.#timers].sort((left, right) => left.atMs - right.atMs);
      if (next === undefined || next.atMs > untilMs) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }
}

function reader(): LiveReader & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    seen,
    view: () => void seen.push("view"),
    patch: () => void seen.push("patch"),
    fault: () => void seen.push("fault"),
  };
}

test("however much happens, a view is looked at four times a second, and not at all when nothing does", () => {
  const driver = new Driver();
  driver.hub.subscribe("nodes", {}, reader());
  for (let ms = 0; ms < 1_000; ms += 2) {
    driver.change();
    driver.waits(2);
  }
  assert.ok(driver.looks >= 3 && driver.looks <= 5, String(driver.looks));
  driver.waits(1_000);
  const before = driver.looks;
  driver.waits(10_000);
  assert.equal(driver.looks, before);
});

test("of more views than there is time for, each has its turn, and the loop half of the time", () => {
  const driver = new Driver();
  const readers = Array.from({ length: 60 }, (_, offset) => {
    const each = reader();
    driver.hub.subscribe("nodes", { offset }, each);
    return each;
  });
  driver.tookMs = 10;
  const [{ looks }, fromMs] = [driver, driver.nowMs];
  while (driver.nowMs < fromMs + 10_000) {
    driver.change();
    driver.waits(5);
  }
  const fewest = Math.min(...readers.map(({ seen }) => seen.length));
  const most = Math.max(...readers.map(({ seen }) => seen.length));
  assert.ok(fewest > 3 && most - fewest <= 2, `between ${fewest} and ${most} for each`);
  const busyMs = (driver.looks - looks) * driver.tookMs;
  assert.ok(busyMs <= (driver.nowMs - fromMs) * 0.6, `${busyMs} ms of ${driver.nowMs - fromMs}`);
});

test("a view that takes long rests in proportion", () => {
  const driver = new Driver();
  driver.tookMs = 100;
  driver.hub.subscribe("nodes", {}, reader());
  const { looks } = driver;
  for (let ms = 0; ms < 10_000; ms += 50) {
    driver.change();
    driver.waits(50);
  }
  const most = 10_000 / (100 * limits.liveRestFactor) + 2;
  assert.ok(driver.looks - looks <= most, `${driver.looks - looks} looks, at most ${most}`);
});

test("so does one that took long in many short turns", () => {
  const driver = new Driver();
  driver.workedMs = 100;
  driver.hub.subscribe("tasks", {}, reader());
  const { looks } = driver;
  for (let ms = 0; ms < 10_000; ms += 50) {
    driver.change();
    driver.waits(50);
  }
  const most = 10_000 / (100 * limits.liveRestFactor) + 2;
  assert.ok(driver.looks - looks <= most, `${driver.looks - looks} looks, at most ${most}`);
});

test("a defect is told to the view's readers, and the next change is another try", () => {
  const driver = new Driver();
  const page = reader();
  driver.hub.subscribe("nodes", {}, page);
  driver.fails = true;
  driver.change();
  driver.waits(1_000);
  assert.deepEqual(page.seen, ["view", "fault"]);
  assert.equal(driver.failures, 1);
  driver.fails = false;
  driver.change();
  driver.waits(1_000);
  assert.deepEqual(page.seen, ["view", "fault", "view"]);
});

test("there are only so many views, and one that nobody looks at is forgotten", () => {
  const driver = new Driver();
  const ends = Array.from({ length: limits.liveChannelsMax }, (_, offset) =>
    driver.hub.subscribe("nodes", { offset }, reader()),
  );
  assert.equal(driver.hub.subscribe("nodes", { offset: -1 }, reader()), undefined);
  ends[0]?.();
  const page = reader();
  assert.ok(driver.hub.subscribe("nodes", { offset: -1 }, page) !== undefined);
  assert.deepEqual(page.seen, ["view"]);
});
