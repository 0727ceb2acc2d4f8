/**
 * Where a compatible implementation most easily goes wrong: one test for each trap, named after it.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultAppPort } from "#model/app-defaults.ts";
import { appId, versionId } from "#model/ids.ts";
import { milli } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import { appVersions } from "./views.ts";

const web = appId("/web");

test("trap 1: PUT merges by default; only a replacement goes back to the defaults", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2, env: { A: "1" } }));
  driver.advance(1_000);
  driver.update("/web", { cpus: milli(0.2) });
  const merged = driver.state.apps.get(web)?.definition;
  assert.deepEqual([merged?.instances, merged?.env, merged?.cpus], [2, { A: "1" }, milli(0.2)]);
  driver.advance(10_000);
  const patch = { command: { kind: "shell", text: "sleep 2" } } as const;
  driver.deploy({
    type: "update-apps",
    updates: [{ id: web, patch, replace: true, mustExist: false }],
    force: false,
  });
  const replaced = driver.state.apps.get(web)?.definition;
  assert.deepEqual([replaced?.instances, replaced?.env, replaced?.cpus], [1, {}, milli(1)]);
});

test("trap 1: PUT creates, PATCH does not", () => {
  const driver = new AppsDriver();
  const patch = { command: { kind: "shell", text: "sleep 2" } } as const;
  const update = { id: web, patch, replace: false };
  const patched = driver.submit({
    type: "update-apps",
    updates: [{ ...update, mustExist: true }],
    force: false,
  });
  assert.deepEqual(patched, { kind: "rejection", code: "not-found", message: "App '/web' does not exist" });
  const put = driver.submit({
    type: "update-apps",
    updates: [{ ...update, mustExist: false }],
    force: false,
  });
  assert.ok(put !== undefined && "type" in put && put.type === "deployment");
  assert.deepEqual(put.created, [web]);
  driver.advance(1_000);
  assert.equal(driver.alive("/web").length, 1);
});

test("trap 2: a version given is a rollback; deleting an app deletes its versions", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { env: { RELEASE: "1" } }));
  driver.advance(1_000);
  const first = driver.state.apps.get(web)?.version ?? versionId("");
  driver.update("/web", { env: { RELEASE: "2" }, instances: 2 });
  driver.advance(10_000);
  driver.deploy({ type: "rollback-app", id: web, version: first, force: false });
  driver.advance(10_000);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.env.RELEASE),
    ["1"],
  );
  const versions = appVersions(driver.state, web);
  assert.equal(versions.length, 3);
  assert.ok(driver.state.apps.get(web)?.version === versions[0] && first === versions[2]);
  const missing = driver.submit({ type: "rollback-app", id: web, version: versionId("2000"), force: false });
  assert.ok(missing !== undefined && "code" in missing && missing.code === "not-found");
  driver.deploy({ type: "delete-app", id: web, force: false });
  driver.advance(10_000);
  assert.deepEqual(appVersions(driver.state, web), []);
  assert.equal(driver.alive("/web").length, 0);
  assert.equal(driver.published("app-terminated").length, 1);
});

test("trap 4: no ports given is one port named default; an empty list is none", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  driver.create(testApp("/none", { ports: [] }));
  driver.advance(1_000);
  const env = driver.alive("/web")[0]?.spec.env ?? {};
  const port = String(driver.instances("/web")[0]?.ports[0]);
  const { PORT, PORT0, PORTS, PORT_DEFAULT, PORT_10000, HOST } = env;
  assert.deepEqual([PORT, PORT0, PORTS, PORT_DEFAULT, PORT_10000], [port, port, port, port, port]);
  assert.match(HOST ?? "", /^agent-\d\.test$/);
  const none = driver.alive("/none")[0]?.spec;
  assert.deepEqual(none?.ports, []);
  assert.ok(!("PORT" in (none?.env ?? {})) && !("PORTS" in (none?.env ?? {})));
});

test("trap 5: service ports are unique, and their assignment does not look like a change", () => {
  const driver = new AppsDriver();
  const definition = testApp("/web", { ports: [defaultAppPort, { ...defaultAppPort, name: "admin" }] });
  driver.create(definition);
  driver.create(testApp("/other"));
  driver.advance(1_000);
  const assigned = driver.state.apps.get(web)?.definition.ports.map(({ servicePort }) => servicePort);
  assert.deepEqual(assigned, [10_000, 10_001]);
  assert.equal(driver.state.apps.get(appId("/other"))?.definition.ports[0]?.servicePort, 10_002);
  const before = driver.state.apps.get(web);
  const { id: _, ...patch } = definition;
  driver.update("/web", patch);
  assert.deepEqual(driver.state.apps.get(web), before);
  // By its name a port keeps its number though it moves.
  driver.update("/web", { ports: [{ ...defaultAppPort, name: "admin" }, defaultAppPort] });
  const moved = driver.state.apps.get(web)?.definition.ports.map(({ servicePort }) => servicePort);
  assert.deepEqual(moved, [10_001, 10_000]);
});

test("trap 5: service ports that run out are refused, and freed by deletion", () => {
  const driver = new AppsDriver({ config: { servicePorts: { first: 10_000, last: 10_000 } } });
  driver.create(testApp("/web"));
  const refused = driver.submit({ type: "create-app", definition: testApp("/b"), force: false });
  assert.ok(refused !== undefined && "code" in refused);
  assert.equal(refused.message, "All ports in the range [10000-10000] are already in use");
  driver.deploy({ type: "delete-app", id: web, force: true });
  driver.create(testApp("/b"));
});

test("trap 6: an identical definition answers with a deployment and restarts nothing", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 3, labels: { a: "1", b: "2" } }));
  driver.advance(1_000);
  const tasks = driver.alive("/web").map(({ spec }) => spec.taskId);
  const app = driver.state.apps.get(web);
  const deployment = driver.update("/web", { labels: { b: "2", a: "1" } });
  assert.notEqual(deployment, "");
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.published("deployment-success").length, 2);
  driver.advance(60_000);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.taskId),
    tasks,
  );
  assert.equal(driver.state.apps.get(web), app);
});

test("trap 6: a change of instances replaces none; any other, a label too, replaces all", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2 }));
  driver.advance(1_000);
  const first = new Set(driver.alive("/web").map(({ spec }) => spec.taskId));
  const created = driver.state.apps.get(web);
  driver.update("/web", { instances: 3 });
  driver.advance(1_000);
  const scaled = driver.state.apps.get(web);
  assert.equal(driver.alive("/web").filter(({ spec }) => first.has(spec.taskId)).length, 2);
  assert.equal(scaled?.lastConfigChangeAt, created?.lastConfigChangeAt);
  assert.equal(scaled?.lastScalingAt, scaled?.version);
  driver.update("/web", { labels: { a: "1" } });
  driver.advance(1_000);
  const labelled = driver.state.apps.get(web);
  assert.equal(labelled?.lastConfigChangeAt, labelled?.version);
  assert.equal(driver.alive("/web").length, 3);
  assert.equal(driver.alive("/web").filter(({ spec }) => first.has(spec.taskId)).length, 0);
});

test("trap 9: task ids have the form of Marathon 1.11", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/group/web"));
  driver.advance(1_000);
  const [task] = driver.alive("/group/web");
  const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
  assert.match(task?.spec.taskId ?? "", new RegExp(`^group_web\\.instance-${uuid}\\._app\\.1$`));
  assert.equal(task?.spec.name, "web.group");
});

test("trap 10: without health checks the healthy counts are 0 and there are no results", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2 }));
  driver.advance(1_000);
  assert.deepEqual(driver.counts("/web"), { running: 2, healthy: 0, unhealthy: 0 });
  assert.equal(driver.state.health.size, 0);
});

test("trap 13: a killed task with scale answers with a deployment, otherwise with the killed tasks", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 3 }));
  driver.advance(1_000);
  const [first, second] = driver.instances("/web").map(({ taskId }) => taskId);
  assert.ok(first !== undefined && second !== undefined);
  const killed = driver.submit({ type: "kill-tasks", taskIds: [first], scale: false, force: false });
  assert.ok(killed !== undefined && "type" in killed && killed.type === "killed");
  assert.deepEqual(
    killed.instances.map(({ taskId }) => taskId),
    [first],
  );
  driver.advance(10_000);
  assert.equal(driver.alive("/web").length, 3, "it is replaced");
  driver.deploy({ type: "kill-tasks", taskIds: [second, second], scale: true, force: false });
  driver.advance(10_000);
  assert.equal(driver.state.apps.get(web)?.definition.instances, 2);
  assert.equal(driver.alive("/web").length, 2);
  assert.ok(
    !driver.alive("/web").some(({ spec }) => spec.taskId === second),
    "the named task goes, no other",
  );
  assert.equal(driver.state.deployments.size, 0);
});

test("trap 13: a task that is being killed already is not scaled down for again", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 3 }));
  driver.advance(1_000);
  driver.auto.kill = false;
  const [first] = driver.instances("/web").map(({ taskId }) => taskId);
  assert.ok(first !== undefined);
  driver.submit({ type: "kill-tasks", taskIds: [first], scale: false, force: false });
  driver.deploy({ type: "kill-tasks", taskIds: [first], scale: true, force: false });
  assert.equal(driver.state.apps.get(web)?.definition.instances, 3);
});
