/** Events of what deployments wait for: one for each change of reason, none for what passes at once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { milli } from "#model/resources.ts";
import { networkCheck } from "../../../test/support/apps-checks.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

const told = (driver: AppsDriver): readonly (readonly string[])[] =>
  driver.events.flatMap((event) =>
    event.type === "deployment-waits" ? [event.waits.map(({ appId, what }) => `${appId} ${what}`)] : [],
  );

test("a deployment that waits tells for what, once for each reason, however long it takes", () => {
  const driver = new AppsDriver();
  driver.auto.offer = false;
  driver.create(testApp("/web", { instances: 2, healthChecks: [networkCheck()] }));
  assert.deepEqual(told(driver), [], "it has only begun");
  driver.advance(600_000);
  assert.deepEqual(told(driver), [["/web place"]]);
  driver.probeOutcome = () => false;
  driver.auto.offer = true;
  driver.offer();
  driver.advance(20_000);
  assert.deepEqual(told(driver), [["/web place"], ["/web healthy"]]);
  driver.probeOutcome = () => true;
  driver.advance(120_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(told(driver).length, 2, "that it is done another event tells");
  assert.equal(driver.state.waitsTold.size, 0);
  assert.ok(![...driver.state.timers.keys()].some((id) => id.startsWith("waits:")));
});

test("that one more or one less waits for the same is no news", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  driver.create(testApp("/web", { instances: 4 }));
  driver.advance(10_000);
  for (const { spec } of driver.alive("/web").slice(1)) {
    driver.status(spec.taskId, "running");
    driver.advance(10_000);
  }
  assert.deepEqual(told(driver), [["/web running"]]);
});

test("one that is done soon waits for nothing worth telling", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 3 }));
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(told(driver), []);
});

test("reasons that come and go in a hurry are told at intervals", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { cpus: milli(1), backoff: { initialMs: 100, factor: 1, maxMs: 100 } }));
  driver.advance(10_000);
  driver.auto.run = false;
  driver.update("/web", { env: { RELEASE: "2" } });
  const startedAtMs = driver.nowMs;
  for (let round = 0; round < 300; round += 1) {
    for (const { spec, state } of driver.alive("/web"))
      if (state === "staging") driver.status(spec.taskId, "failed");
    driver.advance(100);
  }
  const count = told(driver).length;
  assert.ok(count >= 1 && count <= (driver.nowMs - startedAtMs) / 2_000, `${count} events`);
});

test("after a restart of the service it is told again, and a cancelled one is told no more", () => {
  const driver = new AppsDriver({ agents: 0 });
  const id = driver.create(testApp("/web"));
  driver.advance(10_000);
  driver.restart();
  driver.advance(10_000);
  assert.equal(told(driver).length, 2);
  driver.submit({ type: "cancel-deployment", id: id as never, force: true });
  driver.advance(10_000);
  assert.deepEqual([told(driver).length, driver.state.waitsTold.size], [2, 0]);
});
