import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReadinessCheck } from "#model/readiness.ts";
import { networkCheck } from "../../../test/support/apps-checks.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

const named = [
  { hostPort: 0, fixed: false, servicePort: 0, protocol: "tcp" as const, name: "main", labels: {} },
  { hostPort: 0, fixed: false, servicePort: 0, protocol: "tcp" as const, name: "api", labels: {} },
];

const readinessCheck = (over: Partial<ReadinessCheck> = {}): ReadinessCheck => ({
  name: "plans",
  protocol: "http",
  path: "/v1/plan",
  portName: "api",
  intervalMs: 10_000,
  timeoutMs: 5_000,
  readyStatuses: [200],
  preserveLastResponse: true,
  ...over,
});

const readyApp = (over: Parameters<typeof testApp>[1] = {}) =>
  testApp("/web", { ports: named, readinessChecks: [readinessCheck()], ...over });

test("a deployment waits until its instances are ready, and says so", () => {
  const driver = new AppsDriver();
  driver.probeOutcome = () => false;
  driver.create(readyApp({ instances: 2 }));
  driver.advance(30_000);
  assert.equal(driver.state.deployments.size, 1);
  assert.deepEqual(driver.waits(), ["/web: 2 instances have to be ready, for 30 s"]);
  const [instance] = driver.instances("/web");
  assert.ok(instance !== undefined);
  const [probe] = driver.probes.filter(({ probeId }) => probeId.startsWith(instance.taskId));
  assert.ok(probe?.protocol === "http");
  assert.deepEqual([probe.path, probe.port, probe.withBody], ["/v1/plan", instance.ports[1], true]);
  assert.deepEqual(driver.state.health.get(instance.taskId)?.readiness, {
    ready: false,
    lastResponse: { status: 503, contentType: "text/plain", body: "as the test says" },
  });
  assert.equal(driver.published("unhealthy-kill").length, 0, "nobody is killed for not being ready");

  driver.probeOutcome = () => true;
  driver.advance(10_000);
  assert.equal(driver.state.deployments.size, 0);
  const asked = driver.probes.length;
  driver.advance(100_000);
  assert.equal(driver.probes.length, asked, "once ready, an instance is not asked again");
});

test("only the statuses that were named are ready, and a server that is not there is not", () => {
  for (const [readyStatuses, preserveLastResponse] of [
    [[204, 503], true],
    [[204, 503], false],
  ] as const) {
    const driver = new AppsDriver();
    driver.probeOutcome = () => false;
    driver.create(readyApp({ readinessChecks: [readinessCheck({ readyStatuses, preserveLastResponse })] }));
    driver.advance(1_000);
    assert.equal(driver.state.deployments.size, 0, "503 was named");
    const [health] = driver.state.health.values();
    assert.equal(health?.readiness?.lastResponse === undefined, !preserveLastResponse);
  }
  const driver = new AppsDriver();
  driver.auto.probe = false;
  driver.create(readyApp());
  const [probe] = driver.probes;
  assert.ok(probe !== undefined);
  driver.submit({ type: "probe-result", result: { probeId: probe.probeId, ok: false, message: "refused" } });
  const [health] = driver.state.health.values();
  assert.deepEqual(health?.readiness?.lastResponse, {
    status: 504,
    contentType: "text/plain",
    body: "refused",
  });
  assert.equal(driver.state.deployments.size, 1);
});

test("an upgrade keeps the old instances until the new ones are ready", () => {
  const driver = new AppsDriver();
  driver.create(readyApp({ instances: 2 }));
  driver.advance(1_000);
  const old = driver.instances("/web").map(({ taskId }) => taskId);
  driver.probeOutcome = () => false;
  driver.update("/web", { env: { A: "1" } });
  driver.advance(60_000);
  const there = driver.instances("/web");
  assert.deepEqual(
    old.filter((taskId) => there.some((instance) => instance.taskId === taskId && !instance.killing)),
    old,
  );
  driver.probeOutcome = () => true;
  driver.advance(20_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.ok(driver.instances("/web").every(({ taskId }) => !old.includes(taskId)));
});

test("instances of a version that never got ready do not keep it from being replaced", () => {
  const driver = new AppsDriver();
  driver.probeOutcome = () => false;
  const strategy = { minimumHealthCapacity: 1, maximumOverCapacity: 0 };
  driver.create(readyApp({ instances: 2, upgradeStrategy: strategy }));
  driver.advance(20_000);
  driver.update("/web", { readinessChecks: undefined }, true);
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.counts("/web").running, 2);
});

test("an instance is ready for good: after a restart of the service too", () => {
  const driver = new AppsDriver();
  driver.create(readyApp({ instances: 2, healthChecks: [networkCheck()] }));
  driver.advance(20_000);
  driver.restart();
  driver.advance(20_000);
  const asked = driver.probes.filter(({ probeId }) => probeId.includes(":readiness:"));
  assert.equal(asked.length, 2, "one for each instance, before the restart");
  driver.update("/web", { instances: 3 });
  driver.advance(20_000);
  assert.equal(driver.state.deployments.size, 0);
});

test("a deployment that waits for readiness goes on after a restart of the service", () => {
  const driver = new AppsDriver();
  driver.probeOutcome = () => false;
  driver.create(readyApp());
  driver.advance(20_000);
  driver.restart();
  driver.probeOutcome = () => true;
  driver.advance(70_000);
  assert.equal(driver.state.deployments.size, 0);
});

test("what the agent's check finds is kept, and decides nothing", () => {
  const driver = new AppsDriver();
  const times = { delayMs: 0, intervalMs: 1_000, timeoutMs: 1_000 };
  driver.create(
    testApp("/web", { check: { kind: "http", path: "/x", port: undefined, portIndex: 0, ...times } }),
  );
  const [task] = driver.alive("/web");
  const [instance] = driver.instances("/web");
  assert.ok(task !== undefined && instance !== undefined);
  assert.deepEqual(task.spec.check, {
    http: { scheme: "http", port: instance.ports[0], path: "/x", family: "IPv4" },
    ...times,
  });
  assert.equal(driver.state.deployments.size, 0, "it is not waited for");
  const checkResult = { kind: "http", statusCode: 404 } as const;
  driver.status(task.spec.taskId, "running", { checkResult, reason: "task-check-status-updated" });
  assert.deepEqual(driver.state.health.get(instance.taskId)?.check, checkResult);
  assert.equal(driver.instances("/web")[0]?.killing, undefined);
});
