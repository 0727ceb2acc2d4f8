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

test("a listener that leaves while an event is told disturbs nobody", () => {
  const feed = new EventFeed();
  const seen: string[] = [];
  const leave = feed.subscribe(() => leave());
  feed.subscribe(({ data }) => seen.push(data));
  feed.publish("e", "1");
  feed.publish("e", "2");
  assert.deepEqual(seen, ["1", "2"]);
});
