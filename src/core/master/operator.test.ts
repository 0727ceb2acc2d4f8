/**
 * What operators order: quotas, weights, drains, maintenance; and that their orders outlive the master.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limits } from "#base/limits.ts";
import type { FrameworkInfo } from "#model/framework.ts";
import { type RoleName, roleName } from "#model/ids.ts";
import type { MaintenanceSchedule } from "#model/maintenance.ts";
import type { Quantities, Quota } from "#model/quota.ts";
import { milli, resources } from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import {
  MasterDriver,
  offersIn,
  runningScene,
  scene,
  TestFramework,
} from "../../../test/support/master-driver.ts";
import { heldTask, taskSpec } from "../../../test/support/master-fixtures.ts";
import { explainAgents } from "./explain.ts";
import type { MasterInput } from "./types.ts";

const quota = (role: string, guaranteed?: number, limited?: number): Quota => ({
  role: roleName(role),
  guarantees: cpus(guaranteed),
  limits: cpus(limited),
});
const cpus = (amount: number | undefined): Quantities =>
  amount === undefined ? {} : { cpus: milli(amount) };
const setQuotas = (driver: MasterDriver, quotas: readonly Quota[], force = false) =>
  driver.input({ type: "update-quotas", quotas, force });
const inRole = (role: string): Partial<FrameworkInfo> => ({ roles: [roleName(role)] });
const gateOf = (driver: MasterDriver, framework: TestFramework) =>
  explainAgents(driver.state, framework.id, driver.nowMs)[0]?.gate;

describe("row 21: quotas", () => {
  it("hold what is offered below the limit, and outlive the master", () => {
    const { driver, agent, framework, offer } = scene({}, inRole("a/x"));
    assert.equal(setQuotas(driver, [quota("a", undefined, 1)]), undefined);
    const events = framework.take();
    assert.ok(events.some((event) => event.type === "rescind" && event.offerId === offer.offerId));
    driver.advance(1_000);
    const offered = (): number[] =>
      [...driver.state.tables.offer.values()].map((each) => each.resources.cpus);
    assert.deepEqual(offered(), [milli(1)]);
    driver.restart();
    agent.connect();
    framework.subscribe();
    driver.advance(1_000);
    assert.deepEqual(offered(), [milli(1)]);
    assert.equal(setQuotas(driver, [quota("a")]), undefined);
    driver.advance(1_000);
    assert.deepEqual(offered(), [milli(1), milli(3)], "what is offered is not taken back for it");
    assert.equal(driver.state.tables.quota.size, 0);
  });

  it("that make no sense, or that the cluster cannot bear, are refused", () => {
    const { driver, agent, framework, offer } = scene({}, inRole("a"));
    const messageOf = (...list: Quota[]): string => setQuotas(driver, list)?.message ?? "";
    assert.match(messageOf(quota("a/x", 1)), /top-level/);
    assert.match(messageOf(quota("a", 2, 1)), /guaranteed more/);
    assert.match(messageOf(quota("a", 1), quota("a", 2)), /twice/);
    assert.match(messageOf(quota("a", 3), quota("b", 2)), /cluster has 4/);
    framework.launch([offer], [taskSpec("t1", agent.id, resources({ cpus: 2 }))]);
    assert.match(messageOf(quota("a", undefined, 1)), /consumes 2 cpus/);
    assert.equal(driver.state.tables.quota.size, 0);
    assert.equal(setQuotas(driver, [quota("a", undefined, 1)], true), undefined);
  });

  it("explain themselves", () => {
    const { driver, framework } = scene({}, inRole("a"));
    const other = new TestFramework(driver, inRole("b"));
    other.subscribe([]);
    const nothing = { cpus: milli(0), mem: milli(0), disk: milli(0) };
    const everything = { cpus: milli(4), mem: milli(4096), disk: milli(10_000) };
    const none = { role: roleName("a"), guarantees: {}, limits: nothing };
    setQuotas(driver, [none, { role: roleName("c"), guarantees: everything, limits: {} }]);
    driver.advance(1_000);
    assert.equal(gateOf(driver, framework)?.kind, "quota-limit");
    assert.equal(gateOf(driver, other)?.kind, "headroom");
  });
});

describe("row 22: the pause after a restart", () => {
  const start = (agents: number) => {
    const driver = new MasterDriver();
    const list = Array.from({ length: agents }, (_, n) => new TestAgent(driver, `agent-${n}`));
    for (const agent of list) agent.connect();
    const framework = new TestFramework(driver, inRole("a"));
    framework.subscribe();
    setQuotas(driver, [quota("a", undefined, 3)]);
    driver.restart();
    return { driver, list, framework };
  };

  it("lasts until most agents are back", () => {
    const { driver, list, framework } = start(5);
    const offers = offersIn(framework.subscribe());
    for (const agent of list.slice(0, 3)) agent.connect();
    driver.advance(2_000);
    assert.deepEqual([...offers, ...framework.takeOffers()], []);
    assert.equal(gateOf(driver, framework)?.kind, "recovering");
    list[3]?.connect();
    driver.advance(2_000);
    assert.ok(framework.takeOffers().length > 0);
  });

  it("or for ten minutes", () => {
    const { driver, list, framework } = start(5);
    list[0]?.connect();
    framework.subscribe();
    driver.advance(limits.recoveryPauseMs - 5_000);
    framework.take();
    list[0]?.connect();
    assert.deepEqual(framework.takeOffers(), []);
    driver.advance(10_000);
    assert.ok(framework.takeOffers().length > 0);
  });
});

describe("weights", () => {
  it("are taken at once, and outlive the master", () => {
    const driver = new MasterDriver();
    const input: MasterInput = { type: "update-weights", weights: [{ role: roleName("a"), weight: 2 }] };
    assert.equal(driver.input(input), undefined);
    assert.equal(driver.state.allocator.weights.get("a"), 2);
    driver.restart();
    assert.equal(driver.state.allocator.weights.get("a"), 2);
    const bad = driver.input({ type: "update-weights", weights: [{ role: roleName("a"), weight: 0 }] });
    assert.equal(bad?.code, "invalid");
  });

  it("show in the explanation of who is ahead", () => {
    const { driver, agent, framework, offer } = scene({}, inRole("a"));
    framework.launch([offer], [taskSpec("t1", agent.id, resources({ cpus: 1 }))], 0);
    const other = new TestFramework(driver, inRole("b"));
    other.subscribe();
    driver.advance(1_000);
    const held = [...driver.state.tables.offer.values()];
    const owner = held[0]?.frameworkId === framework.id ? other : framework;
    assert.equal(gateOf(driver, owner)?.kind, "offered-elsewhere");
  });
});

describe("agents taken out of use", () => {
  it("deactivated: offers are taken back and none are made, until it is reactivated (row 10)", () => {
    const { driver, agent, framework, offer } = scene();
    driver.input({ type: "deactivate-agent", agentId: agent.id });
    assert.ok(framework.take().some((event) => event.type === "rescind" && event.offerId === offer.offerId));
    driver.restart();
    agent.connect();
    framework.subscribe();
    driver.advance(5_000);
    assert.equal(driver.state.tables.offer.size, 0);
    assert.deepEqual(gateOf(driver, framework), { kind: "agent-state", state: "deactivated" });
    driver.input({ type: "reactivate-agent", agentId: agent.id });
    assert.equal(driver.state.tables.offer.size, 1);
    const unknown = driver.input({ type: "deactivate-agent", agentId: "nobody" as typeof agent.id });
    assert.equal(unknown?.code, "not-found");
  });

  it("drained: its tasks are killed with at most the given grace, also after a restart", () => {
    const { driver, agent, framework } = runningScene();
    const order = { type: "drain-agent", agentId: agent.id, maxGraceMs: 1_000, markGone: false } as const;
    assert.equal(driver.input(order), undefined);
    assert.deepEqual(agent.take(), [
      { type: "kill", frameworkId: framework.id, taskId: "t1", graceMs: 1_000 },
    ]);
    assert.equal(driver.input({ type: "reactivate-agent", agentId: agent.id })?.code, "conflict");
    driver.restart();
    const messages = agent.connect([heldTask(taskSpec("t1", agent.id), framework.id, "running")]);
    assert.ok(messages.some(({ type }) => type === "kill"));
    framework.subscribe();
    const status = agent.update(framework.id, "t1", "killed");
    framework.acknowledge(status);
    assert.equal(driver.state.tables.agent.get(agent.id)?.drain?.state, "drained");
    driver.advance(5_000);
    assert.equal(driver.state.tables.offer.size, 0);
    assert.equal(driver.input({ type: "reactivate-agent", agentId: agent.id }), undefined);
    assert.equal(driver.state.tables.offer.size, 1);
  });

  it("drained and marked gone when nothing is left", () => {
    const { driver, agent, framework } = runningScene();
    driver.input({ type: "drain-agent", agentId: agent.id, maxGraceMs: undefined, markGone: true });
    framework.take();
    const killing = agent.update(framework.id, "t1", "killing");
    framework.acknowledge(killing);
    const status = agent.update(framework.id, "t1", "killed");
    assert.deepEqual(
      framework.takeStatuses().map(({ state, reason }) => [state, reason]),
      [
        ["killing", "agent-draining"],
        ["gone-by-operator", "agent-draining"],
      ],
      "its framework can tell that the task went with its agent",
    );
    assert.ok(driver.state.tables.agent.has(agent.id), "its update is not acknowledged yet");
    framework.acknowledge(status);
    assert.ok(driver.state.tables["gone-agent"].has(agent.id));
  });

  it("a task that ended while the master was away went with its agent too, and is shown so", () => {
    const { driver, agent, framework } = runningScene();
    driver.input({ type: "drain-agent", agentId: agent.id, maxGraceMs: undefined, markGone: true });
    driver.restart();
    agent.connect([heldTask(taskSpec("t1", agent.id), framework.id, "killed")]);
    framework.subscribe();
    framework.takeStatuses();
    framework.acknowledge(agent.update(framework.id, "t1", "killed"));
    const told = framework.takeStatuses().map(({ state }) => state);
    const shown = [...driver.state.tables["completed-task"].values()].map(({ task }) => task.state);
    assert.deepEqual([told, shown], [["gone-by-operator"], ["gone-by-operator"]]);
  });
});

describe("maintenance", () => {
  const scheduleOf = (...names: string[]): MaintenanceSchedule => ({
    windows: names.map((hostname, n) => ({
      machines: [{ hostname, address: undefined }],
      unavailability: { startMs: 5_000 + n, durationMs: 1_000 },
    })),
  });
  const machines = [{ hostname: "AGENT-1.test", address: undefined }];

  it("a schedule shows in offers and asks those who use the machine", () => {
    const { driver, agent, framework } = runningScene();
    framework.call({ type: "revive", roles: [] });
    framework.take();
    assert.equal(
      driver.input({ type: "update-maintenance-schedule", schedule: scheduleOf("agent-1.test") }),
      undefined,
    );
    driver.advance(1_000);
    const events = framework.take();
    const [asked] = events.flatMap((event) => (event.type === "inverse-offers" ? event.inverseOffers : []));
    assert.equal(asked?.agentId, agent.id);
    assert.deepEqual(offersIn(events)[0]?.unavailability, { startMs: 5_000, durationMs: 1_000 });
    const ids = asked === undefined ? [] : [asked.offerId];
    const filters = { refuseMs: 0 };
    framework.call({ type: "decline-inverse-offers", inverseOfferIds: ids, filters });
    const [answer] = driver.state.tables["inverse-offer-answer"].values();
    assert.equal(answer?.answer, "decline");
    // Another schedule asks anew, and takes back what was asked before.
    driver.input({ type: "update-maintenance-schedule", schedule: scheduleOf("other", "agent-1.test") });
    driver.input({ type: "update-maintenance-schedule", schedule: { windows: [] } });
    assert.ok(framework.take().some(({ type }) => type === "rescind-inverse-offer"));
    assert.equal(driver.state.tables["inverse-offer"].size, 0);
  });

  it("a machine that is down has no offers and no tasks, and outlives a restart", () => {
    const { driver, agent, framework } = runningScene();
    const down: MasterInput = { type: "start-maintenance", machines };
    assert.equal(driver.input(down)?.code, "invalid", "it is not in the schedule");
    driver.input({ type: "update-maintenance-schedule", schedule: scheduleOf("agent-1.test") });
    assert.equal(driver.input(down), undefined);
    assert.ok(agent.take().some(({ type }) => type === "kill"));
    const empty: MasterInput = { type: "update-maintenance-schedule", schedule: { windows: [] } };
    assert.equal(driver.input(empty)?.code, "invalid", "a machine that is down stays in the schedule");
    driver.restart();
    const held = [heldTask(taskSpec("t1", agent.id), framework.id, "running")];
    assert.ok(agent.connect(held).some(({ type }) => type === "kill"));
    framework.subscribe();
    framework.acknowledge(agent.update(framework.id, "t1", "killed"));
    driver.advance(5_000);
    assert.equal(driver.state.tables.offer.size, 0);
    assert.equal(driver.input({ type: "stop-maintenance", machines }), undefined);
    driver.advance(1_000);
    assert.equal(driver.state.tables.offer.size, 1);
    assert.deepEqual([...driver.state.tables["maintenance-schedule"].values()], [{ windows: [] }]);
  });

  it("schedules and machines that make no sense are refused", () => {
    const driver = new MasterDriver();
    const codeOf = (schedule: MaintenanceSchedule) =>
      driver.input({ type: "update-maintenance-schedule", schedule })?.code;
    assert.equal(codeOf(scheduleOf("a", "A")), "invalid");
    assert.equal(codeOf(scheduleOf("")), "invalid");
    assert.equal(driver.input({ type: "stop-maintenance", machines })?.code, "invalid");
  });
});

describe("frameworks", () => {
  const roles = (...names: string[]): readonly RoleName[] => names.map(roleName);
  const many: Partial<FrameworkInfo> = {
    roles: roles("a", "b"),
    capabilities: ["partition-aware", "multi-role"],
  };

  it("row 10: change their roles, and lose the offers of those that they leave", () => {
    const { driver, framework, offer } = scene({}, many);
    const info = { ...framework.info, roles: roles(offer.role === "a" ? "b" : "a") };
    assert.equal(framework.call({ type: "update-framework", info, suppressedRoles: [] }), undefined);
    assert.ok(framework.take().some((event) => event.type === "rescind" && event.offerId === offer.offerId));
    driver.advance(1_000);
    assert.equal([...driver.state.tables.offer.values()][0]?.role, info.roles[0]);
  });

  it("row 2: what cannot be changed is refused at once", () => {
    const { framework } = scene({}, many);
    const change = (changes: Partial<FrameworkInfo>, suppressedRoles = roles()) =>
      framework.call({ type: "update-framework", info: { ...framework.info, ...changes }, suppressedRoles })
        ?.code;
    assert.equal(change({ user: "other" }), "invalid");
    assert.equal(change({ checkpoint: !framework.info.checkpoint }), "invalid");
    assert.equal(change({ principal: "other" }), "invalid");
    assert.equal(change({ roles: roles("a//b") }), "invalid");
    assert.equal(change({}, roles("c")), "invalid");
    assert.equal(change({ offerConstraints: { a: [] } }), "invalid");
  });

  it("row 9: an update replaces what is suppressed", () => {
    const { driver, framework, offer } = scene({}, many);
    framework.decline([offer], 1_000_000);
    const { info } = framework;
    framework.call({ type: "update-framework", info, suppressedRoles: roles("a", "b") });
    driver.advance(2_000);
    framework.take();
    assert.equal(driver.state.tables.offer.size, 0);
    framework.call({ type: "update-framework", info, suppressedRoles: roles("a") });
    driver.advance(1_000);
    assert.deepEqual(
      [...driver.state.tables.offer.values()].map(({ role }) => role),
      ["b"],
    );
  });

  it("are torn down by an operator", () => {
    const { driver, framework } = runningScene();
    driver.input({ type: "teardown-framework", frameworkId: framework.id });
    assert.equal(driver.state.tables.framework.get(framework.id)?.state, "completed");
    const again = driver.input({ type: "teardown-framework", frameworkId: framework.id });
    assert.equal(again?.code, "not-found");
  });
});
