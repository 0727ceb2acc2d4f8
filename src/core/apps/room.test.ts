import assert from "node:assert/strict";
import { test } from "node:test";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

test("an app is created, launched, and its deployment ends", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 6 }));
  driver.advance(1_000);
  assert.equal(driver.alive("/web").length, 6);
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.published("deployment-success").length, 1);
  assert.equal(driver.demandOf("/web"), 0);
});
