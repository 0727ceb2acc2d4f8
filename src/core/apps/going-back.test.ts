/** What is taken back keeps what runs as it is wanted again, and only that. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { appId, deploymentId, taskId, versionId } from "#model/ids.ts";
import { networkCheck } from "../../../test/support/apps-checks.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { testPod } from "../../../test/support/pod-fixtures.ts";

const web = appId("/web");

const ids = (driver: AppsDriver, id = "/web"): readonly string[] =>
  driver.instances(id).map(({ taskId: task }) => task);

/** Of four instances of release 1 one has been replaced by release 2, which does not come up. */
function halfway(): {
  readonly driver: AppsDriver;
  readonly deployment: string;
  readonly old: readonly string[];
} {
  const driver = new AppsDriver();
  const upgradeStrategy = { minimumHealthCapacity: 0.75, maximumOverCapacity: 0 };
  const healthChecks = [networkCheck({ maxConsecutiveFailures: 0 })];
  driver.create(testApp("/web", { instances: 4, env: { RELEASE: "1" }, upgradeStrategy, healthChecks }));
  driver.advance(60_000);
  const old = ids(driver);
  driver.auto.run = false;
  const deployment = driver.update("/web", { env: { RELEASE: "2" } });
  driver.advance(30_000);
  assert.equal(driver.alive("/web").filter(({ spec }) => spec.env.RELEASE === "1").length, 3);
  driver.auto.run = true;
  return { driver, deployment, old };
}

const releases = (driver: AppsDriver): readonly (string | undefined)[] =>
  driver.alive("/web").map(({ spec }) => spec.env.RELEASE);

test("an upgrade that is taken back leaves the old instances that still run where they are", () => {
  const { driver, deployment, old } = halfway();
  driver.deploy({ type: "cancel-deployment", id: deploymentId(deployment), force: false });
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0, driver.waits().join());
  assert.deepEqual(releases(driver), ["1", "1", "1", "1"]);
  const kept = ids(driver).filter((id) => old.includes(id));
  assert.equal(kept.length, 3, "only the one that was gone is launched anew");
  driver.restart();
  driver.advance(60_000);
  assert.equal(ids(driver).filter((id) => old.includes(id)).length, 3, "that is stored");
  driver.update("/web", { instances: 5 });
  driver.advance(60_000);
  assert.equal(ids(driver).filter((id) => old.includes(id)).length, 3, "nor does scaling replace them");
  driver.deploy({ type: "restart-app", id: web, force: false });
  driver.advance(120_000);
  assert.equal(ids(driver).filter((id) => old.includes(id)).length, 0, "a restart does");
});

test("so does going back to a version, and the old definition sent again", () => {
  for (const back of ["version", "definition"]) {
    const { driver, old } = halfway();
    const [first] = [...(driver.state.versions.get(web)?.keys() ?? [])].sort();
    if (back === "version")
      driver.deploy({ type: "rollback-app", id: web, version: first ?? versionId(""), force: true });
    else driver.update("/web", { env: { RELEASE: "1" } }, true);
    driver.advance(60_000);
    assert.deepEqual(releases(driver), ["1", "1", "1", "1"]);
    assert.equal(ids(driver).filter((id) => old.includes(id)).length, 3, back);
  }
});

test("what had been restarted before is not kept as it was before the restart", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2, env: { RELEASE: "1" } }));
  driver.advance(10_000);
  const first = ids(driver);
  driver.auto.run = false;
  driver.deploy({ type: "restart-app", id: web, force: false });
  driver.advance(5_000);
  driver.update("/web", { env: { RELEASE: "2" } }, true);
  driver.auto.run = true;
  driver.update("/web", { env: { RELEASE: "1" } }, true);
  driver.advance(60_000);
  assert.deepEqual(releases(driver), ["1", "1"]);
  assert.equal(ids(driver).filter((id) => first.includes(id)).length, 0);
});

test("a change beside instances that is taken back replaces none that was there before it", () => {
  const driver = new AppsDriver({ agents: 1 });
  driver.create(testApp("/web", { instances: 2 }));
  driver.advance(10_000);
  const old = ids(driver);
  driver.auto.offer = false;
  const patch = { instances: 3, labels: { a: "1" } };
  const updates = [{ id: web, patch, replace: false, mustExist: true }];
  const id = driver.deploy({ type: "update-apps", updates, force: false, keepInstances: true });
  driver.auto.offer = true;
  driver.deploy({ type: "cancel-deployment", id: deploymentId(id), force: false });
  driver.advance(60_000);
  assert.deepEqual(ids(driver), old);
});

test("a pod goes back as an app does", () => {
  const driver = new AppsDriver();
  driver.putPod(testPod("/pod", { instances: 2 }));
  driver.advance(30_000);
  const old = ids(driver, "/pod");
  driver.auto.run = false;
  const pod = driver.state.pods.get(appId("/pod"))?.definition;
  assert.ok(pod !== undefined);
  const id = driver.putPod({ ...pod, env: { RELEASE: "2" } });
  driver.advance(5_000);
  driver.auto.run = true;
  driver.deploy({ type: "cancel-deployment", id: deploymentId(id), force: false });
  driver.advance(120_000);
  assert.equal(driver.state.deployments.size, 0, driver.waits().join());
  assert.deepEqual([...ids(driver, "/pod")].sort(), [...old].sort());
});

test("however often it goes back and forth, nothing that runs what is wanted is ended, and it comes to rest", () => {
  const move = fc.record({
    release: fc.integer({ min: 1, max: 3 }),
    restart: fc.boolean(),
    waitMs: fc.constantFrom(0, 1_000, 20_000),
    fails: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 12 }), (moves) => {
      const driver = new AppsDriver();
      driver.create(testApp("/web", { instances: 3, env: { RELEASE: "1" } }));
      driver.advance(10_000);
      // Of each task: how many restarts there had been when it was launched.
      const born = new Map<string, number>();
      let restarts = 0;
      const note = (): void => {
        for (const id of driver.tasks.keys()) if (!born.has(id)) born.set(id, restarts);
      };
      note();
      for (const { release, restart, waitMs, fails } of moves) {
        if (restart) {
          restarts += 1;
          driver.deploy({ type: "restart-app", id: web, force: true });
        } else driver.update("/web", { env: { RELEASE: String(release) } }, true);
        note();
        driver.advance(waitMs);
        note();
        const victim = driver.alive("/web")[fails];
        if (victim !== undefined && fails > 0) driver.status(taskId(victim.spec.taskId), "failed");
        note();
      }
      const wanted = driver.state.apps.get(web)?.definition.env.RELEASE;
      const good = driver.instances("/web").filter(({ killing, taskId: task }) => {
        const release = driver.tasks.get(task)?.spec.env.RELEASE;
        return killing === undefined && release === wanted && born.get(task) === restarts;
      });
      driver.advance(600_000);
      assert.equal(driver.state.deployments.size, 0, driver.waits().join());
      assert.deepEqual(releases(driver), [wanted, wanted, wanted]);
      const left = new Set(ids(driver));
      if (good.length <= 3)
        for (const { taskId: task } of good) assert.ok(left.has(task), "ended needlessly");
      for (const id of left) assert.equal(born.get(id) ?? restarts, restarts, "restarted since");
    }),
    { numRuns: 100 },
  );
});
