import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { createChance } from "#base/random.ts";
import type { App } from "#model/app.ts";
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

test("more tasks than one decision may end are killed in several: those that were named, and no others", () => {
  const driver = new AppsDriver({
    agents: 2,
    agentResources: resources({ cpus: 100, mem: 100_000, ports: [] }),
  });
  const most = limits.instanceChangesPerDecisionMax;
  driver.create(testApp("/web", { instances: 2 * most + 500, cpus: milli(0.01), mem: milli(1), ports: [] }));
  driver.advance(5_000);
  const all = driver.instances("/web").map(({ taskId }) => taskId);
  const named = all.slice(0, most + 300);
  const ids = (): ReadonlySet<string> => new Set(driver.alive("/web").map(({ spec }) => spec.taskId));
  driver.mostRows = 0;
  driver.auto.kill = false;
  driver.deploy({ type: "kill-tasks", taskIds: named, scale: true, force: false });
  const twice = driver.submit({ type: "kill-tasks", taskIds: named, scale: true, force: true });
  assert.ok(twice !== undefined && !("kind" in twice));
  assert.equal(driver.state.apps.get(appId("/web"))?.definition.instances, all.length - named.length);
  driver.auto.kill = true;
  driver.restart();
  driver.advance(30_000);
  assert.deepEqual([...ids()].sort(), all.slice(named.length).sort());
  assert.equal(driver.state.deployments.size, 0);

  const before = ids();
  driver.submit({
    type: "kill-tasks",
    taskIds: driver.instances("/web").map(({ taskId }) => taskId),
    scale: false,
    force: false,
  });
  driver.advance(30_000);
  const left = driver.alive("/web").map(({ spec }) => spec.taskId);
  assert.equal(left.length, all.length - named.length, "they are replaced");
  assert.ok(!left.some((id) => before.has(id)));
  assert.equal(driver.state.toKill.size + driver.state.doomed.size, 0);
});

test("of tasks that are killed one decision ends so many, and notes the others durably", () => {
  const driver = new AppsDriver({
    agents: 2,
    agentResources: resources({ cpus: 100, mem: 100_000, ports: [] }),
  });
  const most = limits.instanceChangesPerDecisionMax;
  driver.create(testApp("/web", { instances: most + 10, cpus: milli(0.01), mem: milli(1), ports: [] }));
  driver.advance(5_000);
  const taskIds = driver.instances("/web").map(({ taskId }) => taskId);
  const room = createAppsRoom(driver.config);
  const moment = { nowMs: driver.nowMs, chance: createChance(1) };
  const command = { type: "kill-tasks", taskIds, scale: true, force: false } as const;
  const decided = room.decide(driver.state, command, moment);
  assert.ok(decided.kind === "decision");
  assert.equal(decided.records.filter(({ kind }) => kind === "instance").length, most);
  for (const record of decided.records) room.apply(driver.state, record);
  assert.deepEqual([...driver.state.doomed], taskIds.slice(most));
  assert.equal(room.kinds["tasks-to-kill"].durability, "durable");
  assert.equal(room.wakeAtMs(driver.state), 0);
  driver.state.apps.set(appId("/web"), {
    ...(driver.state.apps.get(appId("/web")) as App),
    definition: testApp("/web", { instances: 5 }),
  });
  const again = room.decide(driver.state, { ...command, force: true }, moment);
  assert.ok(again.kind === "decision");
  const apps = again.records.filter(({ kind }) => kind === "app");
  assert.deepEqual(apps, [], "the app was lowered for all of them already");
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
