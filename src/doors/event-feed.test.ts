import assert from "node:assert/strict";
import { test } from "node:test";
import { EventFeed } from "./event-feed.ts";

test("history is bounded, and what is kept is the newest", () => {
  const feed = new EventFeed(10);
  for (let count = 1; count <= 35; count += 1) feed.publish("e", String(count));
  const seen: string[] = [];
  feed.subscribe(({ data }) => seen.push(data), 0);
  assert.deepEqual(seen, ["26", "27", "28", "29", "30", "31", "32", "33", "34", "35"]);
});

test("history is bounded in its size too, and large events push out others", () => {
  const feed = new EventFeed(100, 1_000);
  const kept = (): string[] => {
    const seen: string[] = [];
    feed.subscribe(({ data }) => seen.push(data), 0)();
    return seen;
  };
  for (let count = 0; count < 60; count += 1) {
    feed.publish("e", String(count).padStart(30, "."));
    assert.ok(kept().join("").length <= 1_000);
  }
  assert.ok(kept().length >= 500 / 30 - 1, "half of it is never given up");
  assert.match(kept().at(-1) ?? "", /59$/);
  feed.publish("e", "x".repeat(5_000));
  assert.deepEqual(kept(), [], "one that is larger than all that may be kept is only told");
  feed.publish("e", "small");
  assert.deepEqual(kept(), ["small"]);
});

test("a listener that leaves while an event is told disturbs nobody", () => {
  const feed = new EventFeed();
  const seen: string[] = [];
  const leave = feed.subscribe(() => leave());
  feed.subscribe(({ data }) => seen.push(data));
  feed.publish("e", "1");
  feed.publish("e", "2");
  assert.deepEqual(seen, ["1", "2"]);
});
