import assert from "node:assert/strict";
import { test } from "node:test";
import { appId, type FrameworkId, frameworkId, masterId } from "#model/ids.ts";
import type { SchedulerCall } from "#model/protocol/scheduler.ts";
import { milli } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

type Call<Type extends SchedulerCall["type"]> = SchedulerCall & { readonly type: Type };

const callsOf = <Type extends SchedulerCall["type"]>(driver: AppsDriver, type: Type): readonly Call<Type>[] =>
  driver.calls.filter((call): call is Call<Type> => call.type === type);

const subscribedIds = (driver: AppsDriver): readonly (FrameworkId | undefined)[] =>
  callsOf(driver, "subscribe").map((call) => call.frameworkId);

test("it subscribes as a framework whose tasks outlive it", () => {
  const driver = new AppsDriver();
  const [call] = callsOf(driver, "subscribe");
  assert.deepEqual(call?.info.capabilities, [
    "partition-aware",
    "multi-role",
    "gpu-resources",
    "region-aware",
  ]);
  assert.deepEqual(call?.info.roles, ["*"]);
  assert.equal(call?.info.failoverTimeoutMs, 604_800_000);
  assert.equal(call?.info.checkpoint, true);
  assert.equal(call?.frameworkId, undefined);
});

test("after a restart it comes back under the same framework id", () => {
  const driver = new AppsDriver();
  driver.restart();
  assert.deepEqual(subscribedIds(driver), [undefined, "F1"]);
  driver.disconnect();
  assert.deepEqual(subscribedIds(driver), [undefined, "F1", "F1"]);
  assert.deepEqual(
    driver.events.map(({ type }) => type),
    ["connected", "connected", "disconnected", "connected"],
  );
});

test("a subscription without an answer is repeated", () => {
  const driver = new AppsDriver();
  driver.auto.subscribe = false;
  driver.disconnect();
  driver.advance(25_000);
  assert.equal(callsOf(driver, "subscribe").length, 4);
});

test("refused under its id, it comes back as a new framework and launches again", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  driver.advance(1_000);
  driver.auto.subscribe = false;
  driver.disconnect();
  driver.tasks.clear();
  driver.event({ type: "error", message: "Framework has been removed" });
  driver.advance(10_000);
  assert.equal(subscribedIds(driver).at(-1), undefined);
  driver.event({
    type: "subscribed",
    frameworkId: frameworkId("F2"),
    masterId: masterId("M1"),
    heartbeatIntervalMs: 1_000,
  });
  driver.advance(5_000);
  assert.equal(driver.state.frameworkId, "F2");
  assert.equal(driver.alive("/web").length, 1);
});

test("offers are asked for while something is wanted, and not otherwise", () => {
  const driver = new AppsDriver();
  assert.deepEqual(callsOf(driver, "subscribe")[0]?.suppressedRoles, ["*"]);
  driver.advance(5_000);
  assert.equal(callsOf(driver, "revive").length, 0);
  driver.create(testApp("/web"));
  assert.equal(callsOf(driver, "revive").length, 1);
  assert.equal(callsOf(driver, "suppress").length, 1);
  driver.advance(60_000);
  assert.equal(callsOf(driver, "revive").length, 1);
});

test("while an app cannot be placed its offers are refused for a short time, and revived for a new one", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/big", { cpus: milli(100) }));
  const declines = callsOf(driver, "decline");
  assert.equal(declines.length, 1);
  assert.equal(declines[0]?.offerIds.length, 3);
  assert.equal(declines[0]?.filters.refuseMs, 5_000);
  driver.advance(20_000);
  assert.equal(callsOf(driver, "revive").length, 1, "reviving again and again would defeat the filters");
  driver.create(testApp("/small"));
  assert.equal(callsOf(driver, "revive").length, 2);
  assert.equal(driver.alive("/small").length, 1);
});

test("an app that cannot be placed and then asks for less is looked at again at once", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { cpus: milli(100) }));
  driver.advance(1_000);
  assert.equal(driver.state.reports.get(appId("/web"))?.refusedBy.length, 3);
  const patch = { cpus: milli(0.1) };
  driver.deploy({
    type: "update-apps",
    updates: [{ id: appId("/web"), patch, replace: false, mustExist: true }],
    force: true,
  });
  assert.equal(callsOf(driver, "revive").length, 2, "the filters are those of what it asked for before");
  assert.equal(driver.alive("/web").length, 1);
});

test("offers that come though nothing is wanted are refused for long", () => {
  const driver = new AppsDriver();
  driver.offer();
  assert.deepEqual(
    callsOf(driver, "decline").map(({ filters }) => filters.refuseMs),
    [120_000],
  );
});

test("events of a session that is over count for nothing", () => {
  const driver = new AppsDriver();
  const old = driver.session;
  driver.disconnect();
  driver.create(testApp("/web"));
  const [task] = driver.alive("/web");
  assert.ok(task !== undefined);
  driver.submit({ type: "event", session: old, event: { type: "error", message: "gone" } });
  assert.equal(driver.state.connection?.subscribed, true);
});

test("every subscription asks about all instances, then only about those of unknown whereabouts", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2 }));
  driver.advance(1_000);
  const ids = driver.instances("/web").map(({ taskId }) => taskId);
  const asked = (): readonly (readonly string[])[] =>
    callsOf(driver, "reconcile").map(({ tasks }) => tasks.map(({ taskId }) => taskId));
  driver.calls.length = 0;
  driver.disconnect();
  assert.deepEqual(asked(), [ids, []]);
  driver.advance(2 * driver.config.reconcileIntervalMs);
  assert.deepEqual(asked(), [ids, [], []], "all have been heard of: only what the master knows");
});

test("a new master that is silent about a task is asked again soon, then less and less often", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const [id] = driver.instances("/web").map(({ taskId }) => taskId);
  driver.auto.reconcile = false;
  driver.disconnect();
  const askedAt: number[] = [];
  for (let second = 0; second < 190; second += 1) {
    driver.calls.length = 0;
    driver.advance(1_000);
    if (callsOf(driver, "reconcile").some(({ tasks }) => tasks[0]?.taskId === id)) askedAt.push(second + 1);
  }
  assert.deepEqual(askedAt, [1, 3, 7, 15, 31, 63, 123, 183]);
  driver.auto.reconcile = true;
  driver.disconnect();
  driver.auto.reconcile = false;
  driver.disconnect();
  driver.calls.length = 0;
  driver.advance(1_000);
  assert.equal(callsOf(driver, "reconcile").length, 1, "each new master is asked soon");
});

test("a kill that a new master could not pass on is said again when it knows of the task", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const [id] = driver.instances("/web").map(({ taskId }) => taskId);
  assert.ok(id !== undefined);
  driver.auto.reconcile = false;
  driver.auto.kill = false;
  driver.disconnect();
  driver.submit({ type: "kill-tasks", taskIds: [id], scale: false, force: false });
  driver.auto.reconcile = true;
  driver.auto.kill = true;
  driver.advance(1_100);
  assert.ok(
    !driver.instances("/web").some(({ taskId }) => taskId === id),
    "it was killed at the first answer",
  );
});

test("tasks of an app that was deleted while the master was away are killed when it is back", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2 }));
  driver.advance(1_000);
  driver.auto.subscribe = false;
  driver.disconnect();
  driver.deploy({ type: "delete-app", id: appId("/web"), force: false });
  driver.advance(30_000);
  assert.equal(driver.alive("/web").length, 2);
  driver.auto.subscribe = true;
  driver.disconnect();
  driver.advance(1_000);
  assert.equal(driver.alive("/web").length, 0);
  assert.equal(driver.state.deployments.size, 0);
});

test("what is still wanted is asked for again after a new subscription", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/big", { cpus: milli(100) }));
  driver.advance(1_000);
  driver.disconnect();
  driver.advance(1_000);
  assert.equal(callsOf(driver, "revive").length, 2);
});

test("while not subscribed, nothing is launched and nothing taken note of that could not be acknowledged", () => {
  const driver = new AppsDriver();
  driver.auto.offer = false;
  driver.create(testApp("/web"));
  driver.auto.subscribe = false;
  driver.event({ type: "error", message: "go away" });
  driver.offer();
  assert.equal(driver.instances("/web").length, 0);
});
