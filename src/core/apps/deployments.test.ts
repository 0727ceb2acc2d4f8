import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import type { UpgradeStrategy } from "#model/app.ts";
import { appId, deploymentId } from "#model/ids.ts";
import { milli, resources } from "#model/resources.ts";
import { networkCheck } from "../../../test/support/apps-checks.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";

const web = appId("/web");

test("an app is created, launched, and its deployment ends", () => {
  const driver = new AppsDriver();
  const id = driver.create(testApp("/web", { instances: 6 }));
  driver.advance(1_000);
  assert.equal(driver.alive("/web").length, 6);
  assert.equal(driver.state.deployments.size, 0);
  const outcomes = driver.events.flatMap((event) =>
    "deployment" in event ? [[event.type, event.deployment.deploymentId]] : [],
  );
  assert.ok(outcomes.every(([, deployment]) => deployment === id));
  assert.deepEqual(
    outcomes.map(([type]) => type),
    [
      "deployment-started",
      ...["deployment-step", "deployment-step", "deployment-step", "deployment-step"],
      "deployment-success",
    ],
  );
  assert.equal(driver.demandOf("/web"), 0);
});

test("an app that exists is not created again", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web"));
  const again = driver.submit({ type: "create-app", definition: testApp("/web"), force: false });
  assert.deepEqual(again, {
    kind: "rejection",
    code: "conflict",
    message: "An app with id [/web] already exists.",
  });
});

test("a definition that breaks a rule is refused with its fields", () => {
  const driver = new AppsDriver();
  const definition = testApp("/web", { command: undefined, instances: -1 });
  const refused = driver.submit({ type: "create-app", definition, force: false });
  assert.ok(refused !== undefined && "code" in refused && refused.code === "invalid");
  assert.deepEqual(
    refused.details?.map(({ path }) => path),
    ["/", "/instances"],
  );
  assert.equal(driver.state.apps.size, 0);
});

test("an app in a deployment is locked; force cancels what is in the way", () => {
  const driver = new AppsDriver();
  driver.auto.run = false;
  const first = driver.create(testApp("/web"));
  const updates = [{ id: web, patch: { cpus: milli(0.3) }, replace: false, mustExist: true }];
  const refused = driver.submit({ type: "update-apps", updates, force: false });
  assert.ok(refused !== undefined && "code" in refused && refused.code === "locked");
  assert.equal(
    refused.message,
    "App is locked by one or more deployments. Override with the option '?force=true'. " +
      "View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
  );
  assert.deepEqual(
    refused.details?.map(({ errors }) => errors[0]),
    [first],
  );
  driver.auto.run = true;
  const second = driver.deploy({ type: "update-apps", updates, force: true });
  assert.deepEqual(
    [...driver.state.deployments.keys()].filter((id) => id !== second),
    [],
  );
  const failed = driver.published("deployment-failed");
  assert.ok(failed[0] !== undefined && "deployment" in failed[0]);
  assert.equal(failed[0].deployment.deploymentId, first);
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.resources.cpus),
    [milli(0.3)],
  );
});

test("several apps at once are one deployment; one that is locked refuses them all", () => {
  const driver = new AppsDriver();
  const updates = ["/a", "/b"].map((id) => ({
    id: appId(id),
    patch: { command: { kind: "shell", text: "sleep 1" }, cpus: milli(0.1) } as const,
    replace: false,
    mustExist: false,
  }));
  driver.auto.offer = false;
  driver.deploy({ type: "update-apps", updates, force: false });
  assert.equal(driver.state.deployments.size, 1);
  const refused = driver.submit({ type: "restart-app", id: appId("/b"), force: false });
  assert.ok(refused !== undefined && "code" in refused && refused.code === "locked");
  driver.auto.offer = true;
  driver.advance(10_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual([driver.alive("/a").length, driver.alive("/b").length], [1, 1]);
});

test("a restart replaces every instance once and keeps the definition", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 3 }));
  driver.advance(1_000);
  const before = new Set(driver.alive("/web").map(({ spec }) => spec.taskId));
  driver.deploy({ type: "restart-app", id: web, force: false });
  driver.advance(10_000);
  const after = driver.alive("/web").map(({ spec }) => spec.taskId);
  assert.equal(after.length, 3);
  assert.ok(after.every((id) => !before.has(id)));
  assert.equal(driver.tasks.size, 6);
});

test("cancelled by force, a deployment is forgotten as it stands", () => {
  const driver = new AppsDriver({
    agents: 1,
    agentResources: resources({ cpus: 0.25, mem: 256, ports: [[31_000, 31_999]] }),
  });
  const id = driver.create(testApp("/web", { instances: 5 }));
  driver.advance(10_000);
  assert.equal(driver.alive("/web").length, 2);
  assert.deepEqual(driver.submit({ type: "cancel-deployment", id: deploymentId(id), force: true }), {
    type: "done",
  });
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.state.apps.get(web)?.definition.instances, 5);
  assert.equal(driver.alive("/web").length, 2);
});

test("cancelled without force, a deployment is taken back by another", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 2, env: { RELEASE: "1" } }));
  driver.advance(1_000);
  driver.auto.run = false;
  const id = driver.update("/web", { env: { RELEASE: "2" } });
  driver.advance(1_000);
  assert.ok(driver.alive("/web").length > 2);
  driver.auto.run = true;
  driver.deploy({ type: "cancel-deployment", id: deploymentId(id), force: false });
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.env.RELEASE),
    ["1", "1"],
  );
});

test("taking back a creation deletes the app; taking back a deletion creates it", () => {
  const driver = new AppsDriver();
  driver.auto.offer = false;
  const created = driver.create(testApp("/new"));
  driver.deploy({ type: "cancel-deployment", id: deploymentId(created), force: false });
  driver.auto.offer = true;
  driver.advance(10_000);
  assert.equal(driver.state.apps.size, 0);
  assert.equal(driver.state.deployments.size, 0);

  driver.create(testApp("/web", { instances: 2 }));
  driver.advance(1_000);
  driver.auto.kill = false;
  const deleted = driver.deploy({ type: "delete-app", id: web, force: false });
  driver.deploy({ type: "cancel-deployment", id: deploymentId(deleted), force: false });
  driver.auto.kill = true;
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.equal(driver.alive("/web").length, 2);
});

test("steps come one after the other: what is to go is gone before others are changed", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/a", { env: { RELEASE: "1" } }));
  driver.advance(1_000);
  const command = { kind: "shell", text: "sleep 1" } as const;
  const update = { replace: false, mustExist: false };
  const updates = [
    { ...update, id: appId("/a"), patch: { env: { RELEASE: "2" } } },
    { ...update, id: appId("/b"), patch: { command } },
  ];
  driver.auto.run = false;
  const id = driver.deploy({ type: "update-apps", updates, force: false });
  driver.advance(1_000);
  driver.auto.run = true;
  driver.auto.kill = false;
  driver.deploy({ type: "cancel-deployment", id: deploymentId(id), force: false });
  driver.advance(30_000);
  const launches = (): readonly (string | undefined)[] =>
    [...driver.tasks.values()].filter(({ spec }) => spec.name === "a").map(({ spec }) => spec.env.RELEASE);
  const [deployment] = driver.state.deployments.values();
  assert.deepEqual(
    deployment?.steps.map(({ actions }) => actions.map(({ action, appId }) => `${action} ${appId}`)),
    [["stop /b"], ["restart /a"]],
  );
  assert.deepEqual(launches(), ["1", "2"], "/a waits for its step");
  assert.ok(driver.instances("/a").every(({ killing }) => killing === undefined));
  driver.auto.kill = true;
  driver.advance(60_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(launches(), ["1", "2"], "what runs as it is wanted again stays");
  assert.deepEqual(
    driver.alive("/a").map(({ spec }) => spec.env.RELEASE),
    ["1"],
  );
  assert.equal(driver.state.apps.has(appId("/b")), false);
});

test("old instances that never started do not hold up an upgrade without over-capacity", () => {
  const driver = new AppsDriver();
  const upgradeStrategy = { minimumHealthCapacity: 1, maximumOverCapacity: 0 };
  driver.create(testApp("/web", { instances: 1, upgradeStrategy }));
  driver.advance(1_000);
  driver.auto.run = false;
  driver.update("/web", { instances: 2 });
  driver.advance(1_000);
  assert.deepEqual(
    driver.instances("/web").map(({ state }) => state),
    ["running", "staging"],
  );
  driver.auto.run = true;
  driver.update("/web", { env: { RELEASE: "2" } }, true);
  driver.advance(30_000);
  assert.equal(driver.state.deployments.size, 0);
  assert.deepEqual(
    driver.alive("/web").map(({ spec }) => spec.env.RELEASE),
    ["2", "2"],
  );
});

test("a deployment waits for health, and says what it waits for", () => {
  const driver = new AppsDriver({ agents: 1 });
  driver.probeOutcome = () => false;
  driver.create(testApp("/web", { instances: 2, cpus: milli(3), healthChecks: [networkCheck()] }));
  driver.advance(30_000);
  assert.equal(driver.state.deployments.size, 1);
  assert.deepEqual(driver.waits(), [
    "/web: 1 instance waits for a place, for 30 s (1 agent: cpus, short by 2)",
    "/web: 1 instance has to be healthy, for 30 s",
  ]);
  driver.agents.set("S2" as never, { ...driver.agent(1), agentId: "S2" as never, name: "agent-2" });
  driver.probeOutcome = () => true;
  driver.advance(30_000);
  assert.deepEqual(driver.waits(), []);
  assert.equal(driver.state.deployments.size, 0);
});

test("scaling down ends Unreachable, Staging, Running in this order, then the youngest", () => {
  const driver = new AppsDriver({ agents: 1 });
  driver.create(testApp("/web", { instances: 1, unreachableStrategy: "disabled" }));
  driver.advance(1_000);
  driver.update("/web", { instances: 2 });
  driver.advance(1_000);
  const [oldest, middle] = driver.instances("/web").map(({ taskId }) => taskId);
  driver.auto.run = false;
  driver.update("/web", { instances: 3 });
  driver.advance(1_000);
  const staging = driver.instances("/web").find(({ state }) => state === "staging")?.taskId;
  assert.ok(oldest !== undefined && middle !== undefined && staging !== undefined);
  driver.status(oldest, "unreachable", { source: "master" });
  const left = (): readonly string[] => driver.instances("/web").map(({ taskId }) => taskId);
  driver.update("/web", { instances: 2 }, true);
  driver.advance(1_000);
  assert.deepEqual(left(), [middle, staging]);
  driver.update("/web", { instances: 1 }, true);
  driver.advance(1_000);
  assert.deepEqual(left(), [middle]);
});

test("the kill selection decides between instances that run", () => {
  for (const killSelection of ["youngest-first", "oldest-first"] as const) {
    const driver = new AppsDriver();
    driver.create(testApp("/web", { killSelection }));
    driver.advance(1_000);
    driver.update("/web", { instances: 2 });
    driver.advance(1_000);
    const [older, younger] = driver.instances("/web").map(({ taskId }) => taskId);
    driver.update("/web", { instances: 1 });
    driver.advance(1_000);
    const left = driver.instances("/web").map(({ taskId }) => taskId);
    assert.deepEqual(left, [killSelection === "youngest-first" ? older : younger]);
  }
});

const strategies: readonly UpgradeStrategy[] = [
  { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
  { minimumHealthCapacity: 1, maximumOverCapacity: 0 },
  { minimumHealthCapacity: 0.5, maximumOverCapacity: 0 },
  { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
  { minimumHealthCapacity: 0.75, maximumOverCapacity: 0.25 },
];

for (const upgradeStrategy of strategies) {
  test(`a rolling upgrade keeps within ${JSON.stringify(upgradeStrategy)} and ends`, () => {
    const driver = new AppsDriver();
    const instances = 4;
    driver.create(testApp("/web", { instances, upgradeStrategy, env: { RELEASE: "1" } }));
    driver.advance(1_000);
    driver.auto.run = false;
    driver.update("/web", { env: { RELEASE: "2" } });
    const min = Math.ceil(instances * upgradeStrategy.minimumHealthCapacity);
    const max = Math.floor(instances * (1 + upgradeStrategy.maximumOverCapacity));
    for (let round = 0; driver.state.deployments.size > 0; round += 1) {
      assert.ok(round < 50, `never ends: ${driver.waits().join("; ")}`);
      driver.advance(2_000);
      const alive = driver.alive("/web");
      assert.ok(alive.filter(({ state }) => state === "running").length >= min);
      assert.ok(alive.length <= (min === max ? max + 1 : max));
      const staging = alive.find(({ state }) => state === "staging");
      if (staging !== undefined) driver.status(staging.spec.taskId, "running");
    }
    assert.deepEqual(
      driver.alive("/web").map(({ spec }) => spec.env.RELEASE),
      ["2", "2", "2", "2"],
    );
    assert.equal(driver.tasks.size, 8, "each is replaced once");
  });
}

test("more apps than one change may remember are not changed at once", () => {
  const driver = new AppsDriver();
  const each = 900_000;
  const count = Math.ceil(limits.charactersPerChangeMax / each);
  const ids = Array.from({ length: count }, (_, index) => `/app-${index}`);
  for (const id of ids) driver.create(testApp(id, { env: { LARGE: "x".repeat(each) }, instances: 0 }));
  driver.advance(5_000);
  const update = (chosen: readonly string[]) =>
    driver.submit({
      type: "update-apps",
      updates: chosen.map((id) => ({
        id: appId(id),
        patch: { instances: 2 },
        replace: false,
        mustExist: true,
      })),
      force: false,
    });
  const refused = update(ids);
  assert.ok(refused !== undefined && "kind" in refused && refused.code === "invalid");
  assert.match(refused.message, /^The \d+ apps are together too large/);
  assert.equal(driver.state.apps.get(appId("/app-0"))?.definition.instances, 0, "nothing of it was done");
  const done = update(ids.slice(0, 3));
  assert.ok(done !== undefined && !("kind" in done));
});

test("old versions go when there are too many, or when they are too large together", () => {
  const driver = new AppsDriver();
  const versions = (id: string) => [...(driver.state.versions.get(appId(id))?.values() ?? [])];
  driver.create(testApp("/web", { instances: 0 }));
  const first = versions("/web")[0]?.version;
  for (let count = 0; count < limits.versionsPerAppMax; count += 1) {
    driver.update("/web", { env: { COUNT: String(count) } }, true);
  }
  assert.equal(versions("/web").length, limits.versionsPerAppMax);
  assert.ok(!versions("/web").some(({ version }) => version === first));

  const large = (letter: string) => ({ env: { LARGE: letter.repeat(900_000) } });
  driver.create(testApp("/large", { instances: 1, ...large("a") }));
  driver.advance(5_000);
  const running = driver.instances("/large")[0]?.version;
  for (const letter of "bcdefgh") driver.update("/large", { cpus: milli(1_000), ...large(letter) }, true);
  const kept = versions("/large").map(({ version }) => version);
  assert.equal(kept.length, 4);
  assert.ok(running !== undefined && kept.includes(running), "one that runs is kept, however old");
  const current = driver.state.apps.get(appId("/large"))?.version;
  assert.ok(current !== undefined && kept.includes(current));
});
