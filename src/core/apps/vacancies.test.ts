/**
 * Under which name an instance is launched anew.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { appId, taskId } from "#model/ids.ts";
import { instanceIdOf } from "#model/instance.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

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
