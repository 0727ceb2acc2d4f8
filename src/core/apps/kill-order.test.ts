import assert from "node:assert/strict";
import { test } from "node:test";
import { agentId, appId, taskId, versionId } from "#model/ids.ts";
import type { Instance } from "#model/instance.ts";
import { inKillOrder } from "./kill-order.ts";

const base: Instance = {
  taskId: taskId("t"),
  appId: appId("/web"),
  version: versionId("2026-01-01T00:00:00.000Z"),
  agentId: agentId("S1"),
  agentName: "agent-1",
  hostname: "h",
  address: undefined,
  ports: [],
  state: "running",
  stagedAtMs: 0,
  startedAtMs: 0,
  unreachableAtMs: undefined,
  killing: undefined,
};

const grouped = (...fields: string[]) => ({
  killSelection: "oldest-first" as const,
  constraints: fields.map((field) => ({ field, operator: "GROUP_BY" as const, value: undefined })),
});

test("what goes first leaves no group more uneven than it was, in several groupings at once", () => {
  // Rack a has four, b two; of zone x there are three in a and none in b.
  const places = ["a/x", "a/x", "a/x", "a/y", "b/y", "b/y"];
  const instances = places.map((place, index): Instance => {
    const [rack = "", zone = ""] = place.split("/");
    return { ...base, taskId: taskId(`t${index}`), stagedAtMs: -index, attributes: { rack, zone } };
  });
  const order = inKillOrder(instances, grouped("rack", "zone"), 2).map(({ taskId: id }) => id);
  // By age alone it would begin with t5 and t4, and leave rack b empty.
  assert.deepEqual(order.slice(0, 2), ["t3", "t2"]);
  assert.equal(order.length, 6);
});

test("where an instance is, is looked at once, however many there are and however many go", () => {
  let looks = 0;
  const instances = Array.from({ length: 300 }, (_, index): Instance => {
    const attributes = {
      get zone() {
        looks += 1;
        return `z${index % 2}`;
      },
    };
    return { ...base, taskId: taskId(`t${index}`), hostname: `h${index}`, attributes };
  });
  const order = inKillOrder(instances, grouped("hostname", "zone"), 150);
  assert.equal(order.length, 300);
  assert.equal(looks, 300);
});
