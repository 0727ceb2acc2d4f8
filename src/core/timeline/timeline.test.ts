/**
 * The timeline keeps the newest of each kind, in order, within its bounds, and the same after a restart.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { createChance } from "#base/random.ts";
import type { Happening } from "#model/timeline.ts";
import { createTimelineRoom, type TimelineRecord } from "./room.ts";
import { countEvents, createTimelineState, newestFirst } from "./state.ts";

const happening = (kind: Happening["kind"], text: string): Happening => ({
  atMs: 1,
  kind,
  tone: "neutral",
  text,
  links: [],
});

class Driver {
  state = createTimelineState();
  readonly rows = new Map<string, TimelineRecord>();
  readonly #room = createTimelineRoom();

  tell(...happenings: readonly Happening[]): void {
    const moment = { nowMs: 1, chance: createChance(1) };
    const decision = this.#room.decide(this.state, { type: "happened", happenings }, moment);
    assert.equal(decision.kind, "decision");
    if (decision.kind !== "decision") return;
    for (const record of decision.records) {
      if (record.value === undefined) this.rows.delete(record.id);
      else this.rows.set(record.id, structuredClone(record));
      this.#room.apply(this.state, record);
    }
  }

  restart(): void {
    this.state = createTimelineState();
    for (const record of [...this.rows.values()].reverse()) this.#room.apply(this.state, record);
  }

  get texts(): readonly string[] {
    return Array.from(newestFirst(this.state), ({ text }) => text);
  }
}

test("both rings are one line, the newest first", () => {
  const driver = new Driver();
  driver.tell(happening("service", "one"), happening("task", "two"));
  driver.tell(happening("health", "three"), happening("node", "four"));
  assert.deepEqual(driver.texts, ["four", "three", "two", "one"]);
});

test("masses push out their own kind only, and rows are as bounded as the memory", () => {
  const driver = new Driver();
  const most = limits.timelineChunksMax * limits.timelineChunkEventsMax;
  driver.tell(happening("service", "precious"));
  for (let sent = 0; sent < most + 500; sent += 250)
    driver.tell(...Array.from({ length: 250 }, (_, index) => happening("task", `task ${sent + index}`)));
  assert.ok(driver.texts.includes("precious"));
  assert.ok(!driver.texts.includes("task 0"));
  assert.ok(countEvents(driver.state) <= most + 1);
  assert.ok(driver.rows.size <= limits.timelineChunksMax + 1);
  const before = driver.texts;
  driver.restart();
  assert.deepEqual(driver.texts, before);
});

test("after a restart the numbers go on", () => {
  const driver = new Driver();
  driver.tell(happening("node", "one"), happening("task", "two"));
  driver.restart();
  driver.tell(happening("node", "three"));
  assert.deepEqual(
    Array.from(newestFirst(driver.state), ({ number }) => number),
    [3, 2, 1],
  );
});

test("what is too long is cut", () => {
  const driver = new Driver();
  driver.tell(happening("node", "x".repeat(limits.timelineTextCharactersMax + 1)));
  assert.equal(driver.texts[0]?.length, limits.timelineTextCharactersMax);
});
