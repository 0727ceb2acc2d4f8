import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { defaultAppPort } from "#model/app-defaults.ts";
import { appId, roleName } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import { formatRefusal } from "#model/reason.ts";
import { milli, resources } from "#model/resources.ts";
import { AppsDriver, testApp } from "../../../test/support/apps-driver.ts";
import type { FakeAgent } from "../../../test/support/played-master.ts";

test("instances are spread over the agents that offer", () => {
  const driver = new AppsDriver();
  driver.create(testApp("/web", { instances: 7 }));
  const perAgent = new Map<string, number>();
  for (const { agentName } of driver.instances("/web")) {
    perAgent.set(agentName, (perAgent.get(agentName) ?? 0) + 1);
  }
  assert.deepEqual([...perAgent.values()].sort(), [2, 2, 3]);
  driver.update("/web", { instances: 9 });
  driver.advance(1_000);
  for (const agent of driver.agents.values()) {
    assert.equal(driver.alive("/web").filter((task) => task.agent === agent).length, 3);
  }
});

test("a fixed port lets one instance run on each agent, and the report says why no more do", () => {
  const driver = new AppsDriver();
  const ports = [{ ...defaultAppPort, hostPort: 31_080, fixed: true }];
  driver.create(testApp("/web", { instances: 5, ports }));
  driver.advance(6_000);
  assert.equal(driver.alive("/web").length, 3);
  assert.equal(driver.demandOf("/web"), 2);
  const report = driver.state.reports.get(appId("/web"));
  assert.deepEqual(
    report?.refusedBy.map(({ agentName, refusals }) => `${agentName}: ${refusals.map(formatRefusal)}`).sort(),
    ["agent-1: port 31080 taken", "agent-2: port 31080 taken", "agent-3: port 31080 taken"],
  );
  assert.ok((report?.offersSeen ?? 0) >= 3);
  driver.update("/web", { instances: 3 }, true);
  assert.equal(driver.state.reports.size, 0, "nothing is missing, nothing is to explain");
});

test("several apps share the offers of one round, and none takes what another was given", () => {
  const driver = new AppsDriver({
    agents: 1,
    agentResources: resources({ cpus: 1, mem: 1024, ports: [[31_000, 31_999]] }),
  });
  driver.auto.offer = false;
  driver.create(testApp("/a", { instances: 2, cpus: milli(0.4) }));
  driver.advance(1_000);
  driver.create(testApp("/b", { instances: 2, cpus: milli(0.1) }));
  driver.auto.offer = true;
  driver.advance(1_000);
  assert.equal(driver.alive("/a").length, 2);
  assert.equal(driver.alive("/b").length, 2);
  assert.equal(driver.calls.filter((call) => call.type === "accept").length, 1);
});

test("trap 14: variables of the owner win; labels become variables unless they are too long", () => {
  const driver = new AppsDriver();
  driver.create(
    testApp("/web", {
      cpus: milli(0.5),
      env: { HOST: "mine", A: "1" },
      labels: { "my-label": "x", long: "y".repeat(512) },
    }),
  );
  const env = driver.alive("/web")[0]?.spec.env ?? {};
  const app = driver.state.apps.get(appId("/web"));
  const expected = {
    HOST: "mine",
    A: "1",
    MARATHON_APP_ID: "/web",
    MARATHON_APP_VERSION: app?.version,
    MARATHON_APP_RESOURCE_CPUS: "0.5",
    MARATHON_APP_RESOURCE_MEM: "16.0",
    MARATHON_APP_RESOURCE_DISK: "0.0",
    MARATHON_APP_RESOURCE_GPUS: "0",
    MARATHON_APP_LABELS: "MY_LABEL",
    MARATHON_APP_LABEL_MY_LABEL: "x",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, env[name]])), expected);
  assert.equal(env.MARATHON_APP_LABEL_LONG, undefined);
});

test("a task of the longest app id has an id that the master takes", () => {
  const driver = new AppsDriver();
  const id = `/${"a".repeat(limits.appIdLengthMax - 1)}`;
  driver.create(testApp(id));
  const [task] = driver.alive(id);
  assert.ok(task !== undefined && task.spec.taskId.length <= limits.idLengthMax);
  const longer = driver.submit({ type: "create-app", definition: testApp(`${id}a`), force: false });
  assert.ok(longer !== undefined && "kind" in longer);
  assert.equal(longer.details?.[0]?.path, "/id");
});

test("when more wait than one decision may look at, each has its turn, and one that fits need not wait for them", () => {
  const agents = 100;
  const waiting = limits.looksPerDecisionMax / agents + 100;
  const driver = new AppsDriver({ agents });
  driver.auto.offer = false;
  for (let number = 0; number < waiting; number += 1)
    driver.create(testApp(`/much-${number}`, { cpus: milli(100) }));
  driver.auto.offer = true;
  driver.settle();
  assert.equal(driver.state.reports.size, waiting - 100, "no decision looks at more than it may");
  driver.create(testApp("/small"));
  driver.advance(1_000);
  assert.equal(driver.alive("/small").length, 1);
  assert.equal(driver.state.reports.size, waiting);
  const first = Math.min(
    ...[...driver.state.reports.values()].map(({ lastUnusedAtMs }) => lastUnusedAtMs ?? 0),
  );
  driver.advance(2_000);
  for (const { appId: id, lastUnusedAtMs = 0 } of driver.state.reports.values())
    assert.ok(lastUnusedAtMs > first, `${id} is forgotten`);
});

test("those that wait in a role in which nothing is offered keep nobody else waiting", () => {
  const agents = 100;
  const waiting = limits.looksPerDecisionMax / agents + 100;
  const driver = new (class extends AppsDriver {
    protected override makeOffer(agent: FakeAgent): Offer {
      return { ...super.makeOffer(agent), role: roleName("*") };
    }
  })({ agents });
  driver.auto.offer = false;
  for (let number = 0; number < waiting; number += 1)
    driver.create(testApp(`/starved-${number}`, { role: "slave_public" }));
  driver.create(testApp("/web"));
  driver.auto.offer = true;
  driver.advance(10_000);
  assert.equal(driver.alive("/web").length, 1);
});
