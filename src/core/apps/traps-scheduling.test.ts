/**
 * Where a compatible implementation most easily goes wrong about which instances there are: one test for each trap.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppDefinition, NetworkCheck } from "#model/app.ts";
import { milli } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

const pathsOf = (driver: AppsDriver, definition: AppDefinition): readonly string[] => {
  const outcome = driver.submit({ type: "create-app", definition, force: false });
  return outcome !== undefined && "kind" in outcome ? (outcome.details ?? []).map(({ path }) => path) : [];
};

test("trap: an app labelled MARATHON_SINGLE_INSTANCE_APP never runs twice, whatever happens to it", () => {
  const driver = new AppsDriver();
  const labels = { MARATHON_SINGLE_INSTANCE_APP: "true" };
  const upgradeStrategy = { minimumHealthCapacity: 0, maximumOverCapacity: 0 };
  driver.create(testApp("/one", { labels, upgradeStrategy }));
  const advance = (seconds: number): void => {
    for (let second = 0; second < seconds; second += 1) {
      driver.advance(1_000);
      assert.ok(driver.alive("/one").length <= 1);
    }
  };
  advance(2);
  driver.update("/one", { env: { RELEASE: "2" } });
  advance(20);
  assert.equal(driver.alive("/one")[0]?.spec.env.RELEASE, "2");
  driver.deploy({ type: "restart-app", id: "/one" as never, force: false });
  advance(20);
  assert.equal(driver.alive("/one").length, 1);
  assert.deepEqual(pathsOf(driver, testApp("/two", { labels, upgradeStrategy, instances: 2 })), [
    "/instances",
  ]);
  assert.deepEqual(pathsOf(driver, testApp("/three", { labels })), ["/upgradeStrategy"]);
});

test("trap: resource limits bound the task; what it asks for decides where there is room", () => {
  const driver = new AppsDriver({ agents: 1 });
  const limits = { cpus: "unlimited", mem: milli(8_000) } as const;
  driver.create(testApp("/burst", { instances: 3, cpus: milli(1), mem: milli(100), limits }));
  driver.advance(2_000);
  const specs = driver.alive("/burst").map(({ spec }) => spec);
  assert.equal(specs.length, 3, "the agent has 4096 MiB: the limits are not reserved");
  assert.deepEqual(specs[0]?.limits, limits);
  assert.equal(specs[0]?.resources.mem, milli(100));
  const low = testApp("/low", { mem: milli(100), limits: { mem: milli(99) } });
  assert.deepEqual(pathsOf(driver, low), ["/resourceLimits/mem"]);
});

test("trap: the scale-down order does not look at health", () => {
  const driver = new AppsDriver();
  const check: NetworkCheck = {
    protocol: "tcp",
    path: "/",
    portIndex: 0,
    port: undefined,
    gracePeriodMs: 0,
    intervalMs: 1_000,
    timeoutMs: 500,
    maxConsecutiveFailures: 0,
  };
  driver.create(testApp("/web", { healthChecks: [{ kind: "network", check }] }));
  driver.advance(5_000);
  const [old] = driver.alive("/web");
  driver.probeOutcome = () => driver.alive("/web").length > 1;
  driver.advance(5_000);
  assert.equal(driver.counts("/web").unhealthy, 1);
  driver.probeOutcome = (request) => request.probeId !== "" && driver.alive("/web").length > 1;
  driver.update("/web", { instances: 2 });
  driver.advance(3_000);
  driver.update("/web", { instances: 1 }, true);
  driver.advance(5_000);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.taskId),
    [old?.spec.taskId],
    "the youngest goes, well as it is",
  );
});

test("trap: an instance must be forgotten no sooner than it is replaced", () => {
  const driver = new AppsDriver();
  const unreachableStrategy = { inactiveAfterMs: 10_000, expungeAfterMs: 5_000 };
  assert.deepEqual(pathsOf(driver, testApp("/web", { unreachableStrategy })), [
    "/unreachableStrategy/expungeAfterSeconds",
  ]);
});
