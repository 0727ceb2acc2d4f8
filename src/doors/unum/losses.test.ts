/**
 * Agents that are missing: shown with the nodes, in the figures and in explanations; given up when an operator says so.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { DoorDriver } from "../../../test/support/door-driver.ts";

const write = (door: DoorDriver) => door.json("POST", "/unum/v1/nodes/losses/mark");

test("nobody is missing: nothing is said, and there is nothing to decide", () => {
  const door = new DoorDriver();
  door.addAgent("agent-1");
  assert.deepEqual(door.get("/unum/v1/nodes").json.losses, {
    summary: "",
    missing: 0,
    agents: 1,
    waiting: 0,
    heldSince: null,
    missingNodes: [],
  });
  const answer = write(door);
  assert.equal(answer.status, 409);
  assert.match(answer.json.message, /nothing to decide/);
});

test("too many are missing: everything says so, and an operator may give them up", () => {
  const door = new DoorDriver();
  for (let index = 1; index <= 6; index += 1) door.addAgent(`agent-${index}`).disconnect();
  door.master.advance(61_000);
  const { losses } = door.get("/unum/v1/nodes").json;
  assert.match(losses.summary, /^6 of 6 agents are missing .*: 6 that are due are not marked/);
  assert.deepEqual(door.get("/unum/v1/nodes/losses").json, losses);
  assert.equal(losses.missingNodes[0], "agent-1");
  const figures = door.get("/metrics/snapshot").json;
  assert.equal(figures["master/slave_unreachable_held"], 1);
  assert.equal(figures["master/slaves_missing"], 6);
  assert.equal(figures["master/slave_unreachable_scheduled"], 6);
  const { gates } = door.get("/unum/v1/explain/role/prod").json;
  assert.match(gates[0].text, /not given up: too many are/);
  assert.equal(write(door).status, 200);
  door.master.advance(60_000);
  const after = door.get("/unum/v1/nodes").json;
  assert.ok(after.nodes.every(({ state }: { state: string }) => state === "unreachable"));
  assert.equal(after.losses.missing, 0);
});
