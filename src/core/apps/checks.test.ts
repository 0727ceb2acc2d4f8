import assert from "node:assert/strict";
import { test } from "node:test";
import { commandCheck, localCheck, networkCheck } from "../../../test/support/apps-checks.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { instanceChecks } from "./views.ts";

test("instances are probed at their address and port in the interval of the check", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { healthChecks: [networkCheck({ protocol: "http", path: "/health" })] }));
  driver.advance(20_000);
  const [instance] = driver.instances("/web");
  assert.equal(driver.probes.length, 3);
  for (const probe of driver.probes) {
    assert.ok(probe.protocol === "http");
    assert.deepEqual([probe.address, probe.port, probe.path], ["10.0.0.1", instance?.ports[0], "/health"]);
  }
  assert.equal(driver.counts("/web").healthy, 1);
});

test("failures do not count within the grace period, until the first success", () => {
  const driver = new AppsDriver();
  driver.probeOutcome = () => false;
  driver.create(testApp("/web", { healthChecks: [networkCheck({ gracePeriodMs: 60_000 })] }));
  const [first] = driver.instances("/web");
  driver.advance(59_000);
  assert.deepEqual(driver.instances("/web"), [first]);
  assert.deepEqual(instanceChecks(driver.state, first?.taskId ?? ("" as never)), []);
  // Failures at 60, 70 and 80 s are the three in a row.
  driver.advance(22_000);
  assert.notEqual(driver.instances("/web")[0]?.taskId, first?.taskId);

  const other = new AppsDriver();
  other.create(testApp("/web", { healthChecks: [networkCheck({ gracePeriodMs: 60_000 })] }));
  const [healthy] = other.instances("/web");
  other.advance(5_000);
  other.probeOutcome = () => false;
  other.advance(31_000);
  assert.notEqual(other.instances("/web")[0]?.taskId, healthy?.taskId, "it was healthy once: grace is over");
});

test("an unhealthy instance is killed after its failures in a row, and the event says why", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { healthChecks: [networkCheck()] }));
  driver.advance(5_000);
  let failures = 0;
  driver.probeOutcome = () => {
    failures += 1;
    return failures % 3 === 0;
  };
  driver.advance(60_000);
  assert.equal(driver.published("unhealthy-kill").length, 0, "never three in a row");
  driver.probeOutcome = () => false;
  driver.advance(30_000);
  const [kill] = driver.published("unhealthy-kill");
  assert.ok(kill !== undefined && kill.type === "unhealthy-kill");
  const failed = driver
    .published("check-failed")
    .filter(({ timestampMs }) => timestampMs <= kill.timestampMs);
  assert.ok(failed.length >= 3, "each failure that counts is told");
  const failure = driver.state.failures.get(kill.instance.appId);
  assert.deepEqual([failure?.taskId, failure?.state], [kill.instance.taskId, "killed"]);
  assert.match(failure?.message ?? "", /^Task was killed since health check failed\. Reason: ./);
  assert.equal(kill.reason, "as the test says");
  assert.equal(driver.state.delays.size, 0, "killed, not failed: no back-off");
});

test("maxConsecutiveFailures 0 never kills", () => {
  const driver = new AppsDriver();
  driver.probeOutcome = () => false;
  driver.create(
    testApp("/web", { healthChecks: [networkCheck({ gracePeriodMs: 0, maxConsecutiveFailures: 0 })] }),
  );
  const [first] = driver.instances("/web");
  driver.advance(600_000);
  assert.equal(driver.instances("/web")[0]?.taskId, first?.taskId);
  assert.equal(driver.counts("/web").unhealthy, 1);
});

test("an instance is healthy when all of its checks are", () => {
  const driver = new AppsDriver();
  const healthChecks = [networkCheck(), networkCheck({ port: 9_000 })];
  driver.probeOutcome = ({ port }) => port !== 9_000;
  driver.create(testApp("/web", { healthChecks }));
  driver.advance(10_000);
  assert.deepEqual([driver.counts("/web").healthy, driver.counts("/web").unhealthy], [0, 0]);
  assert.equal(driver.state.deployments.size, 1);
  driver.probeOutcome = () => true;
  driver.advance(10_000);
  assert.equal(driver.counts("/web").healthy, 1);
  assert.equal(driver.state.deployments.size, 0);
});

test("a command check goes with the task, and its results come with the statuses", () => {
  const driver = new AppsDriver();
  const check = commandCheck();
  driver.create(testApp("/web", { healthChecks: [check] }));
  driver.advance(10_000);
  const [task] = driver.alive("/web");
  assert.ok(task !== undefined);
  assert.deepEqual(task.spec.healthCheck, check.check);
  assert.equal(driver.probes.length, 0);
  assert.equal(driver.state.deployments.size, 1);
  driver.status(task.spec.taskId, "running", { healthy: true, reason: "health-check-status-updated" });
  assert.equal(driver.state.deployments.size, 0);
  driver.status(task.spec.taskId, "running", { healthy: false, reason: "health-check-status-updated" });
  assert.equal(driver.counts("/web").unhealthy, 1);
  assert.equal(driver.instances("/web")[0]?.killing, undefined, "to kill it is the agent's business");
  assert.deepEqual(
    driver.published("instance-health").map((event) => event.type === "instance-health" && event.healthy),
    [true, false],
  );
});

test("a check over the network by the agent goes with the task, at the port that this one got", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { healthChecks: [localCheck({ protocol: "https", path: "/up" })] }));
  driver.advance(10_000);
  const [task] = driver.alive("/web");
  const port = task?.spec.ports[0]?.number;
  assert.ok(task !== undefined && port !== undefined);
  assert.deepEqual(task.spec.healthCheck, {
    http: { scheme: "https", port, path: "/up", family: "IPv4" },
    delayMs: 1_000,
    gracePeriodMs: 60_000,
    intervalMs: 10_000,
    timeoutMs: 5_000,
    maxConsecutiveFailures: 3,
  });
  assert.equal(driver.probes.length, 0);
  driver.status(task.spec.taskId, "running", { healthy: true, reason: "health-check-status-updated" });
  assert.equal(driver.state.deployments.size, 0);
  for (let round = 0; round < 2; round += 1)
    driver.status(task.spec.taskId, "running", { healthy: false, reason: "health-check-status-updated" });
  const [instance] = driver.instances("/web");
  assert.equal(driver.counts("/web").unhealthy, 1);
  assert.equal(driver.state.health.get(task.spec.taskId)?.checks[0]?.consecutiveFailures, 2);
  assert.equal(instance?.killing, undefined, "to kill it is the agent's business");
});

test("a slow probe is not doubled, and a late or foreign result changes nothing", () => {
  const driver = new AppsDriver();
  driver.auto.probe = false;
  driver.create(testApp("/web", { healthChecks: [networkCheck({ intervalMs: 1_000, timeoutMs: 5_000 })] }));
  driver.advance(4_000);
  assert.equal(driver.probes.length, 1);
  const probeId = driver.probes[0]?.probeId ?? "";
  driver.submit({ type: "probe-result", result: { probeId: `${probeId}0`, ok: true, message: "" } });
  driver.submit({ type: "probe-result", result: { probeId: "other", ok: true, message: "" } });
  assert.equal(driver.state.health.size, 0);
  driver.submit({ type: "probe-result", result: { probeId, ok: true, message: "" } });
  driver.submit({ type: "probe-result", result: { probeId, ok: false, message: "" } });
  assert.equal(driver.counts("/web").healthy, 1);
  driver.advance(1_000);
  assert.equal(driver.probes.length, 2);
});
