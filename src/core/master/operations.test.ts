/**
 * Reservations and volumes in the master: operations in an accept, by operators, their feedback, and what
 * stays of them when master, agent or link fail.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { operationId, roleName, updateId } from "#model/ids.ts";
import type { Offer } from "#model/offer.ts";
import type { OfferOperation } from "#model/operation.ts";
import { dynamicReservation } from "#model/reservation.ts";
import { equalLists } from "#model/resource.ts";
import {
  addResources,
  equalResources,
  fromList,
  milli,
  type Resources,
  resources,
} from "#model/resources.ts";
import { TestAgent } from "../../../test/support/master-agent.ts";
import {
  MasterDriver,
  offersIn,
  scene,
  statusesIn,
  TestFramework,
} from "../../../test/support/master-driver.ts";
import { agentResources, executorSpec, onExecutor, taskSpec } from "../../../test/support/master-fixtures.ts";
import {
  accept,
  create,
  dbInfo,
  dbRole,
  kept,
  operationsIn,
  reserve,
  totalOf,
  volume,
} from "../../../test/support/volume-fixtures.ts";

/** An agent with a reservation and a volume, which it knows of, and an offer of all that is left. */
function reservedScene() {
  const all = scene({}, dbInfo);
  const { driver, agent, framework, offer } = all;
  accept(framework, [offer], [reserve(kept("cpus", 2), kept("disk", 100)), create(volume(60))]);
  agent.take();
  agent.report(100, []);
  driver.advance(1_000);
  return { ...all, offers: framework.takeOffers() };
}

describe("row 8: accept", () => {
  it("works its operations off in order, each against what the ones before left", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    const spec = taskSpec("t1", agent.id, resources({ mem: 100, others: [kept("cpus", 1), volume(60)] }));
    accept(
      framework,
      [offer],
      [
        reserve(kept("cpus", 2), kept("disk", 100)),
        create(volume(60)),
        { kind: "launch", tasks: [spec], executors: [] },
        { kind: "destroy", volumes: fromList([volume(60)]), operationId: operationId("d") },
      ],
    );
    const sent = agent.take().map(({ type }) => type);
    assert.deepEqual(sent, ["checkpoint", "checkpoint", "run"]);
    assert.equal(agent.checkpoint.version, 2);
    const total = totalOf(driver, agent);
    assert.ok(
      equalResources(
        total,
        addResources(
          { ...agentResources, cpus: milli(2), disk: milli(9_900) },
          fromList([kept("cpus", 2), kept("disk", 40), volume(60)]),
        ),
      ),
    );
    assert.deepEqual(
      operationsIn(framework.take()).map(({ state }) => state),
      ["error"],
    );
  });

  it("gives back at once what it converted, and refuses the rest for as long as was asked", () => {
    const { offers } = reservedScene();
    assert.equal(offers.length, 1);
    assert.ok(
      equalResources(offers[0]?.resources ?? resources({}), {
        ...resources({}),
        ...addResources(
          { ...agentResources, cpus: milli(2), disk: milli(9_900) },
          fromList([kept("cpus", 2), kept("disk", 40), volume(60)]),
        ),
      }),
    );
  });

  it("with one invalid offer fails every operation that has an id, and changes nothing", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    const stale = { ...offer, offerId: `${offer.offerId}0` as Offer["offerId"] };
    const spec = taskSpec("t1", agent.id);
    accept(
      framework,
      [offer, stale],
      [
        { ...reserve(kept("cpus", 2)), operationId: operationId("r") },
        reserve(kept("cpus", 1)),
        { kind: "launch", tasks: [spec], executors: [] },
      ],
    );
    const events = framework.take();
    assert.deepEqual(
      operationsIn(events).map(({ state, operationId: id }) => [state, id]),
      [["error", "r"]],
    );
    assert.deepEqual(
      statusesIn(events).map(({ state, reason }) => [state, reason]),
      [["dropped", "invalid-offers"]],
    );
    assert.ok(equalResources(totalOf(driver, agent), agentResources));
  });

  it("books a group whole or not at all, and its agent says that it runs none yet", () => {
    const { agent, framework, offer } = scene({}, dbInfo);
    const executor = executorSpec("e", resources({ cpus: 0.1, mem: 32, disk: 1 }), "default");
    const member = (id: string, amount?: Resources) => onExecutor(taskSpec(id, agent.id, amount), "e", "g");
    accept(
      framework,
      [offer],
      [
        { kind: "launch-group", executor, tasks: [member("t1"), member("t2", resources({ cpus: 100 }))] },
        { kind: "launch-group", executor, tasks: [member("t3"), member("t4")] },
      ],
    );
    assert.deepEqual(
      statusesIn(framework.take()).map(({ taskId, state, reason }) => [taskId, state, reason]),
      [
        ["t1", "error", "task-group-invalid"],
        ["t2", "error", "task-group-invalid"],
      ],
    );
    const runs = agent.take().flatMap((message) => (message.type === "run" ? [message] : []));
    assert.deepEqual(
      runs.map(({ tasks, executor }) => [tasks.map(({ taskId }) => taskId), executor?.spec.executorId]),
      [[["t3", "t4"], "e"]],
    );
  });
});

describe("row 18: operations", () => {
  it("are reported finished when the agent keeps them, until that is acknowledged", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    const id = operationId("r1");
    accept(framework, [offer], [{ ...reserve(kept("cpus", 2)), operationId: id }]);
    assert.deepEqual(operationsIn(framework.take()), [], "the agent has not said that it keeps it");
    agent.take();
    agent.report(100, []);
    const [status] = operationsIn(framework.take());
    assert.equal(status?.state, "finished");
    assert.ok(equalResources(status?.convertedResources ?? resources({}), fromList([kept("cpus", 2)])));
    // Said again to a framework that comes back, and to a master that does.
    assert.equal(operationsIn(framework.subscribe()).length, 1);
    driver.restart();
    const [again] = operationsIn(framework.subscribe());
    assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(status)));
    const acknowledge = (update: string): void => {
      framework.call({
        type: "acknowledge-operation-status",
        agentId: agent.id,
        operationId: id,
        updateId: updateId(update),
      });
    };
    acknowledge("another");
    assert.equal(driver.state.tables.operation.size, 1);
    acknowledge(status?.updateId ?? "");
    assert.equal(driver.state.tables.operation.size, 0);
    assert.deepEqual(operationsIn(framework.subscribe()), []);
  });

  it("without an id are done without a word", () => {
    const { driver, framework } = reservedScene();
    assert.equal(driver.state.tables.operation.size, 0);
    assert.deepEqual(operationsIn(framework.take()), []);
  });

  it("reconciliation knows what is known, and what became of the agent of the unknown", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    accept(framework, [offer], [{ ...reserve(kept("cpus", 2)), operationId: operationId("r1") }]);
    const ask = (id: string, on = agent.agentId): string[] => {
      const operations = [{ operationId: operationId(id), agentId: on }];
      framework.call({ type: "reconcile-operations", operations });
      return operationsIn(framework.take()).map(({ state }) => state);
    };
    framework.take();
    assert.deepEqual(ask("r1"), ["pending"]);
    assert.deepEqual(ask("r2"), ["unknown"]);
    agent.disconnect();
    driver.advance(driver.config.agentTimeoutMs);
    assert.deepEqual(
      operationsIn(framework.take()).map(({ state }) => state),
      ["unreachable"],
    );
    assert.deepEqual(ask("r2"), ["unreachable"]);
    driver.input({ type: "mark-agent-gone", agentId: agent.id });
    assert.deepEqual(
      operationsIn(framework.take()).map(({ state }) => state),
      ["gone-by-operator"],
    );
    assert.deepEqual(ask("r1"), ["gone-by-operator"]);
    framework.call({ type: "reconcile-operations", operations: [] });
    assert.deepEqual(framework.take(), []);
  });

  it("create and destroy disk have no provider, and say so", () => {
    const { framework, offer } = scene({}, dbInfo);
    accept(framework, [offer], [{ kind: "destroy-disk", source: volume(1), operationId: operationId("x") }]);
    assert.deepEqual(
      operationsIn(framework.take()).map(({ state }) => state),
      ["error"],
    );
  });

  it("are refused with a reason to those who may not", () => {
    const { framework, offer } = scene({}, { ...dbInfo, principal: "me" });
    const fault = (operation: OfferOperation, from: Offer): string => {
      accept(framework, [from], [{ ...operation, operationId: operationId("x") }], 0);
      const [status] = operationsIn(framework.take());
      return status?.message ?? "";
    };
    const other = kept("cpus", 1, { reservations: [dynamicReservation(roleName("other"), "me")] });
    assert.match(fault(reserve(other), offer), /role 'other'/);
    const next = (): Offer => {
      framework.driver.advance(1_000);
      const [again] = framework.takeOffers();
      assert.ok(again !== undefined, "the offer comes again");
      return again;
    };
    assert.match(fault(reserve(kept("cpus", 1)), next()), /principal/);
    const mine = kept("cpus", 100, { reservations: [dynamicReservation(dbRole, "me")] });
    assert.match(fault(reserve(mine), next()), /left of the offers/);
  });

  it("a persistence id is there once on an agent", () => {
    const { agent, driver, framework, offers } = reservedScene();
    accept(framework, offers, [{ ...create(volume(10)), operationId: operationId("c") }]);
    assert.match(operationsIn(framework.take())[0]?.message ?? "", /Persistence id 'v'/);
    assert.equal(totalOf(driver, agent).others.length, 3);
  });
});

describe("reservations and volumes are never lost", () => {
  const expected = fromList([kept("cpus", 2), kept("disk", 40), volume(60)]).others;

  it("when the master restarts before the agent heard of them", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    accept(framework, [offer], [reserve(kept("cpus", 2), kept("disk", 100)), create(volume(60))]);
    driver.takeAgentMessages(agent.session);
    driver.restart();
    const messages = agent.connect().map(({ type }) => type);
    assert.deepEqual(messages.slice(0, 2), ["registered", "checkpoint"]);
    assert.ok(equalLists(agent.checkpoint.resources, expected));
    assert.ok(equalLists(totalOf(driver, agent).others, expected));
  });

  it("when a message is lost: the next report repairs it", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    accept(framework, [offer], [reserve(kept("cpus", 2), kept("disk", 100)), create(volume(60))]);
    const lost = driver.takeAgentMessages(agent.session);
    const newest = Math.max(...lost.map(({ number }) => number));
    assert.deepEqual(agent.report(newest - 1, []), [], "it may still be under way");
    agent.report(newest, []);
    assert.ok(equalLists(agent.checkpoint.resources, expected));
  });

  it("when the master's store is lost: the agents bring them back", () => {
    const { agent } = reservedScene();
    const driver = new MasterDriver();
    const same = new TestAgent(driver, "agent-1");
    same.checkpoint = agent.checkpoint;
    same.connect();
    assert.ok(equalLists(totalOf(driver, same).others, expected));
    const framework = new TestFramework(driver, { roles: [roleName("other")] });
    assert.deepEqual(offersIn(framework.subscribe())[0]?.resources.others, []);
  });

  it("when the agent comes back with less than is reserved", () => {
    const { driver, agent } = reservedScene();
    const smaller = new TestAgent(driver, "agent-1", resources({ cpus: 1, mem: 100 }));
    smaller.checkpoint = agent.checkpoint;
    smaller.connect();
    assert.equal(smaller.id, agent.id);
    assert.deepEqual(totalOf(driver, smaller).others, expected);
    assert.equal(totalOf(driver, smaller).cpus, 0);
  });

  it("and their framework gets them again after all tasks ended", () => {
    const { driver, agent, framework, offers } = reservedScene();
    const spec = taskSpec("t1", agent.id, resources({ others: [kept("cpus", 2), volume(60)] }));
    framework.launch(offers, [spec], 0);
    agent.take();
    driver.advance(1_000);
    assert.deepEqual(framework.takeOffers()[0]?.resources.others, fromList([kept("disk", 40)]).others);
    agent.update(framework.id, "t1", "finished");
    driver.advance(1_000);
    const back = framework.takeOffers().flatMap((each) => each.resources.others);
    assert.deepEqual(back, fromList([kept("cpus", 2), volume(60)]).others);
  });
});

describe("operators", () => {
  const operate = (driver: MasterDriver, agent: TestAgent, operation: OfferOperation) =>
    operation.kind === "reserve" || operation.kind === "create" || operation.kind === "unreserve"
      ? driver.input({ type: "operate", agentId: agent.id, operation, principal: undefined })
      : undefined;

  it("reserve what is unused; offers of it are taken back (row 10)", () => {
    const { driver, agent, framework, offer } = scene({}, { ...dbInfo, roles: [roleName("other")] });
    assert.equal(operate(driver, agent, reserve(kept("cpus", 4))), undefined);
    const events = framework.take();
    assert.ok(events.some((event) => event.type === "rescind" && event.offerId === offer.offerId));
    driver.advance(1_000);
    for (const each of [...offersIn(events), ...framework.takeOffers()]) assert.equal(each.resources.cpus, 0);
    const same = operate(driver, agent, reserve(kept("cpus", 1)));
    assert.equal(same?.code, "conflict");
    assert.equal(
      operate(driver, agent, { kind: "unreserve", resources: fromList([kept("cpus", 4)]) }),
      undefined,
    );
    assert.ok(equalResources(totalOf(driver, agent), agentResources));
  });

  it("cannot reserve what a task uses", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    framework.launch([offer], [taskSpec("t1", agent.id, resources({ cpus: 3 }))]);
    assert.equal(operate(driver, agent, reserve(kept("cpus", 2)))?.code, "conflict");
    assert.equal(operate(driver, agent, reserve(kept("cpus", 1))), undefined);
  });
});
