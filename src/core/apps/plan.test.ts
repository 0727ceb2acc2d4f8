import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { createChance } from "#base/random.ts";
import { appId } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { createAppsRoom } from "./room.ts";

test("a report about one task of many costs no look at the others", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 300, cpus: milli(0.01), mem: milli(1), ports: [] }));
  driver.advance(1_000);
  const [task] = driver.alive("/web");
  assert.ok(task !== undefined);
  const siblings = driver.state.instancesByApp.get(appId("/web"));
  assert.ok(siblings !== undefined);
  let looks = 0;
  siblings.values = () => {
    looks += 1;
    return new Map(siblings).values();
  };
  const room = createAppsRoom(driver.config);
  const status = {
    taskId: task.spec.taskId,
    agentId: task.agent.agentId,
    source: "agent",
    reason: undefined,
    message: "",
    timestampMs: driver.nowMs,
    healthy: undefined,
    updateId: undefined,
    containerId: undefined,
    address: undefined,
    exit: undefined,
  } as const;
  for (const state of ["running", "failed"] as const) {
    const event = { type: "update", status: { ...status, state } } as const;
    const moment = { nowMs: driver.nowMs, chance: createChance(1) };
    const outcome = room.decide(driver.state, { type: "event", session: driver.session, event }, moment);
    assert.equal(outcome.kind, "decision");
  }
  assert.equal(looks, 0);
});

test("what is settled stays so: without news the room wants no tick but for its timers", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 5 }));
  driver.advance(1_000);
  assert.equal(driver.state.unsettled.size, 0);
  const room = createAppsRoom(driver.config);
  const wakeAtMs = room.wakeAtMs(driver.state);
  assert.ok(wakeAtMs !== undefined && wakeAtMs > driver.nowMs + 1_000, "the next is the reconciliation");
});

test("what is too much for one decision is launched, and ended, in several", () => {
  const driver = new AppsDriver({
    agents: 2,
    agentResources: resources({ cpus: 100, mem: 100_000, ports: [] }),
  });
  const instances = 2 * limits.instanceChangesPerDecisionMax + 1;
  driver.create(testApp("/web", { instances, cpus: milli(0.01), mem: milli(1), ports: [] }));
  driver.advance(5_000);
  assert.equal(driver.alive("/web").length, instances);
  assert.equal(driver.state.deployments.size, 0);
  driver.deploy({ type: "delete-app", id: appId("/web"), force: false });
  driver.advance(5_000);
  assert.equal(driver.alive("/web").length, 0);
  assert.equal(driver.state.deployments.size, 0);
  assert.ok(driver.mostRows <= limits.instanceChangesPerDecisionMax + 10, `${driver.mostRows} rows at once`);
});
