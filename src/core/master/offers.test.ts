/**
 * Offers: who gets them, what ends them, and what a refusal means. One test a rule of Mesos.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { offerId, roleName } from "#model/ids.ts";
import { equalResources, resources } from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver, offersIn, scene, TestFramework } from "../../../test/support/master-driver.ts";
import { agentResources, taskSpec } from "../../../test/support/master-fixtures.ts";

test("offers: a framework that subscribes is offered all that is free, at once", () => {
  const { agent, framework, offer, driver } = scene();
  assert.equal(offer.agentId, agent.id);
  assert.equal(offer.frameworkId, framework.id);
  assert.equal(offer.role, "*");
  assert.ok(equalResources(offer.resources, agentResources));
  const master = driver.state.tables.master.get("current")?.masterId ?? "";
  assert.equal(offer.offerId, `${master}-O0`);
  assert.equal(agent.id, `${master}-S0`);
  assert.equal(framework.id, `${master}-0000`);
});

test("offers: an agent that registers is offered to a framework that waits", () => {
  const driver = new MasterDriver();
  const framework = new TestFramework(driver);
  framework.subscribe();
  new TestAgent(driver, "agent-1").connect();
  assert.equal(framework.takeOffers().length, 1);
});

test("offers: a task takes its part, the rest is offered again when the filter is over", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch(
    [offer],
    [taskSpec("t1", agent.id, resources({ cpus: 1, mem: 96, ports: [[31000, 31000]] }))],
  );
  const [run] = agent.take();
  assert.equal(run?.type, "run");
  driver.advance(4_900);
  assert.deepEqual(framework.takeOffers(), []);
  driver.advance(1_200);
  const [rest] = framework.takeOffers();
  assert.ok(rest !== undefined);
  assert.ok(
    equalResources(rest.resources, resources({ cpus: 3, mem: 4000, disk: 10_000, ports: [[31001, 31009]] })),
  );
});

test("row 9: decline: with no filter the same comes back, but not before the next interval", () => {
  const { driver, framework, offer } = scene();
  framework.decline([offer], 0);
  assert.deepEqual(framework.takeOffers(), []);
  driver.advance(1_000);
  assert.equal(framework.takeOffers().length, 1);
});

test("row 9: decline: less than nothing is five seconds, more than a year is a year", () => {
  const { driver, framework, offer } = scene();
  framework.decline([offer], -1);
  const untils = () =>
    [...driver.state.tables.filter.values()].flatMap((f) => f.refused.map((r) => r.untilMs));
  assert.deepEqual(untils(), [driver.nowMs + 5_000]);
  driver.advance(6_000);
  const [again] = framework.takeOffers();
  assert.ok(again !== undefined);
  framework.decline([again], 1e15);
  assert.deepEqual(untils(), [driver.nowMs + 365 * 24 * 3_600_000]);
});

test("row 9: decline: however short a filter is, it holds for one cycle, and others get their turn", () => {
  const { driver, framework, offer } = scene();
  const other = new TestFramework(driver);
  other.subscribe();
  framework.decline([offer], 1);
  driver.advance(1_000);
  assert.deepEqual(framework.takeOffers(), []);
  assert.equal(other.takeOffers().length, 1);
});

test("row 9: decline: what one refused goes to another", () => {
  const { driver, framework, offer } = scene();
  const other = new TestFramework(driver);
  assert.deepEqual(offersIn(other.subscribe()), []);
  framework.decline([offer]);
  driver.advance(1_000);
  assert.equal(other.takeOffers().length, 1);
  assert.deepEqual(framework.takeOffers(), []);
});

test("row 9: filters: more than was refused is offered although a filter holds", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id)], 1_000_000);
  driver.advance(2_000);
  assert.deepEqual(framework.takeOffers(), []);
  agent.update(framework.id, "t1", "finished");
  const offers = framework.takeOffers();
  assert.equal(offers.length, 1);
  assert.ok(offers[0] !== undefined && equalResources(offers[0].resources, agentResources));
});

test("row 9: filters: revive clears them", () => {
  const { framework, offer } = scene();
  framework.decline([offer], 1_000_000);
  framework.call({ type: "revive", roles: [] });
  assert.equal(framework.takeOffers().length, 1);
});

test("row 9: filters: an agent whose attributes changed is offered anew", () => {
  const { driver, agent, framework, offer } = scene();
  framework.decline([offer], 1_000_000);
  driver.advance(2_000);
  Object.assign(agent, { info: { ...agent.info, attributes: { rack: "b" } } });
  agent.connect();
  assert.equal(framework.takeOffers().length, 1);
});

test("row 9: filters: are lost with the framework's connection", () => {
  const { framework, offer } = scene();
  framework.decline([offer], 1_000_000);
  framework.disconnect();
  assert.equal(offersIn(framework.subscribe()).length, 1);
});

test("row 9: suppress: no offers in that role until revived, and one bad role spoils the call", () => {
  const roles = [roleName("a"), roleName("b")];
  const { driver, framework, offer } = scene({}, { roles, capabilities: ["partition-aware", "multi-role"] });
  framework.call({ type: "suppress", roles: [roleName("a")] });
  framework.decline([offer], 0);
  driver.advance(1_000);
  const [second] = framework.takeOffers();
  assert.equal(second?.role, "b");
  const rejection = framework.call({ type: "suppress", roles: [roleName("b"), roleName("c")] });
  assert.equal(rejection?.code, "invalid");
  assert.ok(second !== undefined);
  framework.call({ type: "suppress", roles: [] });
  framework.decline([second], 0);
  driver.advance(30_000);
  assert.deepEqual(framework.takeOffers(), []);
  framework.call({ type: "revive", roles: [roleName("a")] });
  assert.equal(framework.takeOffers()[0]?.role, "a");
});

test("row 9: suppress: every subscription replaces the suppressed roles", () => {
  const { framework } = scene();
  assert.deepEqual(offersIn(framework.subscribe([roleName("*")])), []);
  assert.equal(offersIn(framework.subscribe()).length, 1);
});

test("row 10: rescind: when the agent breaks off", () => {
  const { agent, framework, offer } = scene();
  agent.disconnect();
  assert.deepEqual(framework.take(), [{ type: "rescind", offerId: offer.offerId }]);
});

test("row 10: rescind: when the agent registers anew, before it is offered again", () => {
  const { driver, agent, framework, offer } = scene();
  agent.connect();
  assert.deepEqual(framework.take(), [{ type: "rescind", offerId: offer.offerId }]);
  driver.advance(1_000);
  assert.equal(framework.takeOffers().length, 1);
});

test("cycle: an agent that is lost in the same moment is not offered", () => {
  const { driver, framework, offer } = scene();
  driver.advance(59_500);
  framework.decline([offer], 0);
  framework.decline(framework.takeOffers(), 0);
  driver.nowMs += 1_000;
  driver.input({ type: "tick" });
  assert.deepEqual(framework.takeOffers(), []);
  assert.equal(driver.state.tables.offer.size, 0);
});

test("row 10: rescind: when an offer is not used in time", () => {
  const { driver, framework, offer } = scene({ offerTimeoutMs: 30_000 });
  driver.advance(29_999);
  assert.deepEqual(framework.take(), []);
  driver.advance(1);
  const events = framework.take();
  assert.deepEqual(events[0], { type: "rescind", offerId: offer.offerId });
  assert.equal(offersIn(events).length, 1);
});

test("row 10: failover: offers of the old session are void without a rescind", () => {
  const { driver, framework, offer } = scene();
  const old = framework.session;
  const events = framework.subscribe();
  assert.equal(events[0]?.type, "subscribed");
  assert.equal(
    events.some((event) => event.type === "rescind"),
    false,
  );
  const [fresh] = offersIn(events);
  assert.ok(fresh !== undefined && fresh.offerId !== offer.offerId);
  assert.deepEqual(driver.takeEvents(old), [{ type: "error", message: "Framework failed over" }]);
  assert.deepEqual(driver.closed, [old]);
});

test("crumbs: what is below both least amounts is not offered", () => {
  const { driver, agent, framework, offer } = scene();
  framework.launch([offer], [taskSpec("t1", agent.id, resources({ cpus: 3.995, mem: 4090 }))], 0);
  driver.advance(10_000);
  assert.deepEqual(framework.takeOffers(), []);
});

test("row 8: accept: an offer that another framework has is not valid", () => {
  const { driver, agent, framework, offer } = scene();
  const other = new TestFramework(driver);
  other.subscribe();
  other.launch([offer], [taskSpec("t1", agent.id)]);
  assert.deepEqual(
    other.takeStatuses().map(({ state, reason }) => [state, reason]),
    [["dropped", "invalid-offers"]],
  );
  assert.ok(driver.state.tables.offer.has(offer.offerId), "the offer stays with its owner");
  framework.launch([offer], [taskSpec("t1", agent.id)]);
  assert.equal(agent.take()[0]?.type, "run");
});

test("row 8: accept: one offer that is gone spoils all, and the good ones are given back", () => {
  for (const capabilities of [["partition-aware"], []] as const) {
    const { driver, agent, framework, offer } = scene({}, { capabilities });
    const offerIds = [offer.offerId, offerId("no-such")];
    const tasks = [taskSpec("t1", agent.id), taskSpec("t2", agent.id)];
    const operations = [{ kind: "launch", tasks, executors: [] }] as const;
    framework.call({ type: "accept", offerIds, operations, filters: { refuseMs: 1_000_000 } });
    const state = capabilities.length > 0 ? "dropped" : "lost";
    assert.deepEqual(
      framework.takeStatuses().map((status) => [status.taskId, status.state, status.reason, status.updateId]),
      [
        ["t1", state, "invalid-offers", undefined],
        ["t2", state, "invalid-offers", undefined],
      ],
    );
    assert.deepEqual(agent.take(), []);
    driver.advance(1_000);
    assert.equal(framework.takeOffers().length, 1);
  }
});

test("row 8: accept: an offer cannot be used twice, in one call or in two", () => {
  const { agent, framework, offer } = scene();
  framework.launch([offer, offer], [taskSpec("t1", agent.id)]);
  assert.equal(framework.takeStatuses()[0]?.state, "dropped");
  const again = scene();
  again.framework.launch([again.offer], [taskSpec("t1", again.agent.id)]);
  again.agent.take();
  again.framework.launch([again.offer], [taskSpec("t2", again.agent.id)]);
  assert.equal(again.framework.takeStatuses()[0]?.state, "dropped");
  assert.deepEqual(again.agent.take(), []);
});

test("row 8: accept: offers of two agents do not go together, two of one agent do", () => {
  const { driver, agent, framework, offer } = scene();
  const second = new TestAgent(driver, "agent-2");
  second.connect();
  const [other] = framework.takeOffers();
  assert.ok(other !== undefined);
  framework.launch([offer, other], [taskSpec("t1", agent.id)]);
  assert.equal(framework.takeStatuses()[0]?.state, "dropped");
  driver.advance(1_000);
  const [first] = framework.takeOffers().filter((each) => each.agentId === agent.id);
  assert.ok(first !== undefined);
  framework.launch([first], [taskSpec("t2", agent.id, resources({ cpus: 2, mem: 100 }))]);
  agent.take();
  agent.update(framework.id, "t2", "finished");
  driver.advance(10_000);
});

test("row 8: accept: a bad task spoils only itself", () => {
  const { agent, framework, offer } = scene();
  const tasks = [
    taskSpec("ok", agent.id),
    taskSpec("ok", agent.id),
    taskSpec("elsewhere", offerAgent("S9")),
    taskSpec("nothing", agent.id, resources({})),
    taskSpec("negative", agent.id, resources({ cpus: -1, mem: 10 })),
    taskSpec("too-much", agent.id, resources({ cpus: 3.5, mem: 10 })),
    taskSpec("port", agent.id, resources({ cpus: 0.1, ports: [[80, 80]] })),
    taskSpec("", agent.id),
    taskSpec("last", agent.id, resources({ cpus: 3, mem: 10 })),
  ];
  framework.launch([offer], tasks);
  const runs = agent
    .take()
    .map((message) => (message.type === "run" ? message.tasks[0]?.taskId : message.type));
  assert.deepEqual(runs, ["ok", "last"]);
  const refused = framework.takeStatuses();
  assert.deepEqual(
    refused.map((status) => status.taskId),
    ["ok", "elsewhere", "nothing", "negative", "too-much", "port", ""],
  );
  for (const status of refused) {
    assert.equal(status.state, "error");
    assert.equal(status.reason, "task-invalid");
    assert.equal(status.updateId, undefined);
    assert.ok(status.message.length > 10);
  }
});

const offerAgent = (suffix: string) => `x-${suffix}` as Parameters<typeof taskSpec>[1];

test("accept: a framework without a session is refused", () => {
  const { driver, framework, offer } = scene();
  framework.disconnect();
  const rejection = framework.launch([offer], []);
  assert.equal(rejection?.code, "forbidden");
  assert.equal(driver.state.tables.offer.size, 0);
});
