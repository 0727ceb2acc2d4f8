/**
 * Under which name an instance is launched anew.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createChance } from "#base/random.ts";
import { appId, taskId } from "#model/ids.ts";
import { instanceIdOf } from "#model/instance.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { Draft } from "./draft.ts";
import { leaveVacancy, takeName, taskIdOf } from "./vacancies.ts";

const started = (instances: number): AppsDriver => {
  const driver = new AppsDriver();
  driver.create(testApp("/shop/web", { instances }));
  driver.advance(5_000);
  return driver;
};

const ids = (driver: AppsDriver): readonly string[] =>
  driver.instances("/shop/web").map((instance) => instance.taskId);

const kill = (driver: AppsDriver, id: string | undefined, wipe: boolean): void => {
  const taskIds = [taskId(id ?? "")];
  driver.submit({ type: "kill-tasks", taskIds, scale: false, wipe, force: false });
  driver.advance(5_000);
};

const numberOf = (id: string | undefined): number => Number(/\d+$/.exec(id ?? "")?.[0]);
const nameOf = (id: string | undefined): string => instanceIdOf({ taskId: taskId(id ?? "") });

test("trap 17: an instance that its user ends comes again under its name, with a higher number", () => {
  const driver = started(2);
  const [first, second] = ids(driver);
  assert.equal(numberOf(first), 1);
  kill(driver, first, false);
  assert.deepEqual(new Set(ids(driver)), new Set([second, first?.replace(/1$/, "2")]));
  kill(driver, first?.replace(/1$/, "2"), false);
  assert.deepEqual(new Set(ids(driver)), new Set([second, first?.replace(/1$/, "3")]));
});

test("an instance that fails comes again under its name", () => {
  const driver = started(1);
  const [first] = ids(driver);
  driver.status(taskId(first ?? ""), "failed");
  driver.advance(10_000);
  assert.deepEqual(ids(driver), [first?.replace(/1$/, "2")]);
});

test("one that is wiped, or was of an older version, leaves its name to nobody", () => {
  const driver = started(1);
  const [first] = ids(driver);
  kill(driver, first, true);
  const [second, ...more] = ids(driver);
  assert.deepEqual([more, numberOf(second)], [[], 1]);
  assert.notEqual(nameOf(second), nameOf(first));
  driver.deploy({ type: "restart-app", id: appId("/shop/web"), force: false });
  driver.advance(10_000);
  const [third] = ids(driver);
  assert.equal(numberOf(third), 1);
  assert.notEqual(nameOf(third), nameOf(second));
});

test("a name is forgotten once nobody is missing", () => {
  const driver = started(2);
  const [first] = ids(driver);
  driver.deploy({
    type: "kill-tasks",
    taskIds: [taskId(first ?? "")],
    scale: true,
    wipe: false,
    force: false,
  });
  driver.advance(5_000);
  assert.equal(driver.state.vacancies.size, 0);
  const patch = { instances: 2 };
  const updates = [{ id: appId("/shop/web"), patch, replace: false, mustExist: true }];
  driver.deploy({ type: "update-apps", updates, force: false });
  driver.advance(5_000);
  assert.ok(ids(driver).every((id) => nameOf(id) !== nameOf(first)));
});

test("apps whose own names look like an instance's share no ids", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web.instance-1", { instances: 2 }));
  driver.advance(5_000);
  const before = driver.instances("/web.instance-1").map((each) => each.taskId);
  for (const id of before) driver.status(id, "failed");
  driver.advance(10_000);
  const again = driver.instances("/web.instance-1").map((each) => each.taskId);
  assert.deepEqual(new Set(again), new Set(before.map((id) => id.replace(/1$/, "2"))));
});

test("a name is given up before its number makes an id too long", () => {
  const name = "shop_web.instance-1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
  for (const [number, next] of [
    [9_998, `${name}._app.9999`],
    [9_999, undefined],
  ] as const) {
    const driver = started(1);
    const draft = new Draft(driver.state, { nowMs: driver.nowMs, chance: createChance(1) });
    const [instance] = driver.instances("/shop/web");
    assert.ok(instance);
    leaveVacancy(draft, { ...instance, taskId: taskId(`${name}._app.${number}`) });
    const app = driver.state.apps.get(appId("/shop/web"));
    assert.ok(app);
    const taken = taskIdOf(takeName(draft, app));
    if (next === undefined) assert.notEqual(nameOf(taken), name);
    else assert.equal(taken, next);
  }
});

test("the name of an instance of an older version is not for one of the newer", () => {
  const driver = started(1);
  const [first] = ids(driver);
  driver.status(taskId(first ?? ""), "failed");
  assert.equal(driver.state.vacancies.size, 1);
  const patch = { env: { V: "2" } };
  const updates = [{ id: appId("/shop/web"), patch, replace: false, mustExist: true }];
  driver.deploy({ type: "update-apps", updates, force: true });
  driver.advance(10_000);
  const [second] = ids(driver);
  assert.equal(numberOf(second), 1);
  assert.equal(driver.state.vacancies.size, 0);
  assert.notEqual(nameOf(second), nameOf(first));
});
