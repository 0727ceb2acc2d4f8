/**
 * What is easily got wrong: rows 7 to 21 of the facts about Mesos's semantics, where no other test has them.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { operationId, roleName, updateId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation } from "#model/operation.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import type { Quota } from "#model/quota.ts";
import { milli } from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import { MasterDriver, offersIn, scene, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";
import {
  accept,
  dbInfo,
  dbRole,
  kept,
  operationsIn,
  reserve,
} from "../../../test/support/volume-fixtures.ts";

const inRole = (...names: string[]) => ({
  roles: names.map(roleName),
  capabilities: ["partition-aware", "multi-role"] as const,
});
const rescindedIn = (events: readonly SchedulerEvent[]): string[] =>
  events.flatMap((event) => (event.type === "rescind" ? [event.offerId] : []));

/** Agents of 4 cpus, each offered to one framework of the role. */
function offeredTo(driver: MasterDriver, role: string, agents: number): TestFramework {
  const framework = new TestFramework(driver, inRole(role));
  framework.subscribe();
  for (let count = 0; count < agents; count += 1) new TestAgent(driver, `${role}-${count}`).connect();
  driver.advance(1_000);
  const offers = framework.takeOffers();
  assert.equal(offers.length, agents);
  framework.call({ type: "suppress", roles: [] });
  return framework;
}

describe("row 7: offers", () => {
  it("are of one agent and one role", () => {
    const driver = new MasterDriver();
    for (const name of ["agent-1", "agent-2"]) new TestAgent(driver, name).connect();
    const framework = new TestFramework(driver, inRole("a", "b"));
    const offers = offersIn(framework.subscribe());
    assert.equal(offers.length, 2);
    assert.equal(new Set(offers.map(({ agentId }) => agentId)).size, 2);
    assert.deepEqual(offers.map(({ role }) => role).sort(), ["a", "b"]);
  });
});

describe("row 8: accept", () => {
  const refusal = (offer: Offer): OfferOperation => ({
    kind: "refuse-tasks",
    reason: "task-invalid",
    tasks: [{ ...taskSpec("bad", offer.agentId), message: "its message says so" }],
  });

  it("a task that is wrong in itself is an error, but lost when the offers are wrong", () => {
    for (const [capabilities, lost] of [
      [["partition-aware"], "dropped"],
      [[], "lost"],
    ] as const) {
      const { framework, offer } = scene({}, { capabilities });
      const verdicts = (): string[][] =>
        framework.takeStatuses().map(({ state, reason, message }) => [state, reason ?? "", message]);
      accept(framework, [offer], [refusal(offer)], 0);
      assert.deepEqual(verdicts(), [["error", "task-invalid", "its message says so"]]);
      accept(framework, [offer], [refusal(offer)], 0);
      const [[state, reason, message] = []] = verdicts();
      assert.deepEqual([state, reason], [lost, "invalid-offers"]);
      assert.match(message ?? "", /^Task launched with invalid offers: /);
    }
  });

  it("resources that are said to be allocated to another role are not those of the offers", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    const said = (role: string, taskId?: string) => ({
      allocations: [{ role: roleName(role), taskId: taskId as Offer["agentId"] & undefined }],
    });
    const tasks = [taskSpec("t1", agent.id), taskSpec("t2", agent.id)];
    accept(
      framework,
      [offer],
      [
        { ...reserve(kept("cpus", 1)), ...said("other"), operationId: operationId("r1") },
        { ...reserve(kept("cpus", 1)), ...said(dbRole) },
        { kind: "launch", tasks, executors: [], ...said("other", "t1") },
      ],
    );
    const events = framework.take();
    assert.deepEqual(
      operationsIn(events).map(({ operationId: id, state }) => [id, state]),
      [["r1", "error"]],
    );
    const [error] = events.flatMap((event) => (event.type === "update" ? [event.status] : []));
    assert.deepEqual([error?.taskId, error?.state], ["t1", "error"]);
    assert.match(error?.message ?? "", /role 'other'.*role 'db'/);
    assert.deepEqual(
      [...driver.state.tables.task.values()].map(({ spec }) => spec.taskId),
      ["t2"],
    );
  });
});

describe("row 10: rescind", () => {
  const setQuotas = (driver: MasterDriver, ...quotas: Quota[]): void =>
    assert.equal(driver.input({ type: "update-quotas", quotas, force: true }), undefined);

  it("for a limit, of the role's own offers only, and only until it keeps within it", () => {
    const driver = new MasterDriver();
    const a = offeredTo(driver, "a", 3);
    const b = offeredTo(driver, "b", 1);
    const before = [...driver.state.tables.offer.values()].filter(({ role }) => role === "a");
    setQuotas(driver, { role: roleName("a"), guarantees: {}, limits: { cpus: milli(9) } });
    assert.deepEqual(rescindedIn(a.take()), [before[0]?.offerId]);
    assert.deepEqual(rescindedIn(b.take()), []);
    setQuotas(driver, { role: roleName("a"), guarantees: {}, limits: {} });
    assert.deepEqual(rescindedIn(a.take()), [], "less of a rule needs nothing back");
  });

  it("for a guarantee, of others' offers, and only until it could be met by them", () => {
    const driver = new MasterDriver();
    const a = offeredTo(driver, "a", 1);
    const b = offeredTo(driver, "b", 3);
    setQuotas(driver, { role: roleName("a"), guarantees: { cpus: milli(7) }, limits: {} });
    assert.deepEqual(rescindedIn(a.take()), []);
    assert.equal(rescindedIn(b.take()).length, 1);
  });

  it("for a weight, of all offers, if anybody is in the role", () => {
    const driver = new MasterDriver();
    const a = offeredTo(driver, "a", 1);
    const b = offeredTo(driver, "b", 1);
    const weigh = (role: string): void => {
      driver.input({ type: "update-weights", weights: [{ role: roleName(role), weight: 2 }] });
    };
    weigh("nobody's");
    assert.deepEqual([...rescindedIn(a.take()), ...rescindedIn(b.take())], []);
    weigh("b");
    assert.equal(rescindedIn(a.take()).length, 1);
    assert.equal(rescindedIn(b.take()).length, 1);
  });
});

describe("row 11: a framework that subscribes again", () => {
  it("keeps its user and its checkpointing, whatever it says", () => {
    const { driver, framework } = scene();
    framework.info = { ...framework.info, name: "renamed", user: "eve", checkpoint: false };
    assert.equal(framework.subscribe()[0]?.type, "subscribed");
    const info = driver.state.tables.framework.get(framework.id)?.info;
    assert.deepEqual([info?.name, info?.user, info?.checkpoint], ["renamed", "root", true]);
  });

  it("with another principal is turned away, in words that do not give away the first", () => {
    const { framework } = scene({}, { principal: "alice" });
    framework.info = { ...framework.info, principal: "eve" };
    const message = "Changing framework's principal is not allowed.";
    assert.deepEqual(framework.subscribe(), [{ type: "error", message }]);
  });

  it("as our own app service is turned away when it comes from outside", () => {
    const driver = new MasterDriver();
    const framework = new TestFramework(driver);
    const { info } = framework;
    const inside = { session: driver.newSession(), suppressedRoles: [] };
    const subscribe = (id: typeof framework.frameworkId): void => {
      const call = { type: "subscribe", info, frameworkId: id, suppressedRoles: [] } as const;
      driver.input({ type: "call", session: inside.session, call, inside: true });
    };
    subscribe(undefined);
    const [first] = driver.takeEvents(inside.session);
    assert.ok(first?.type === "subscribed");
    framework.frameworkId = first.frameworkId;
    assert.equal(framework.subscribe()[0]?.type, "error");
    assert.equal(driver.state.tables["framework-link"].get(first.frameworkId)?.session, inside.session);
    driver.restart();
    assert.equal(framework.subscribe()[0]?.type, "error", "also after a restart, before it is back");
    subscribe(first.frameworkId);
    assert.equal(driver.takeEvents(inside.session)[0]?.type, "subscribed");
  });
});

describe("row 18: operations", () => {
  it("the status of one is repeated, less and less often, until it is acknowledged", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    const id = operationId("r1");
    accept(framework, [offer], [{ ...reserve(kept("cpus", 2)), operationId: id }]);
    agent.take();
    agent.report(100, []);
    const heard = (): number => operationsIn(framework.take()).length;
    const pass = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 5) {
        driver.advance(5_000);
        agent.take();
        agent.report(100 + second, []);
      }
    };
    assert.equal(heard(), 1);
    pass(10);
    assert.equal(heard(), 1);
    pass(15);
    assert.equal(heard(), 0, "it is waited for twice as long");
    pass(5);
    assert.equal(heard(), 1);
    framework.disconnect();
    pass(90);
    assert.equal(operationsIn(framework.subscribe()).length, 1, "nothing while it is away");
    const [status] = driver.state.tables.operation.values();
    const update = updateId(status?.updateId ?? "");
    framework.call({
      type: "acknowledge-operation-status",
      agentId: agent.id,
      operationId: id,
      updateId: update,
    });
    pass(600);
    assert.equal(heard(), 0);
    assert.equal(driver.state.tables["operation-repeat"].size, 0);
  });
});

describe("row 21: roles", () => {
  it("a framework of several may have none", () => {
    const driver = new MasterDriver();
    new TestAgent(driver, "agent-1").connect();
    const framework = new TestFramework(driver, inRole());
    assert.equal(framework.subscribe()[0]?.type, "subscribed");
    driver.advance(5_000);
    assert.deepEqual(framework.takeOffers(), []);
    const info = { ...framework.info, ...inRole("a") };
    framework.call({ type: "update-framework", info, suppressedRoles: [] });
    assert.equal(framework.takeOffers().length, 1);
  });

  it("the default role may have a quota like any other", () => {
    const { driver, framework, offer } = scene();
    const quota: Quota = { role: roleName("*"), guarantees: {}, limits: { cpus: milli(1) } };
    assert.equal(driver.input({ type: "update-quotas", quotas: [quota], force: false }), undefined);
    assert.deepEqual(rescindedIn(framework.take()), [offer.offerId]);
    driver.advance(1_000);
    const [again] = driver.state.tables.offer.values();
    assert.equal(again?.resources.cpus, milli(1));
  });
});
