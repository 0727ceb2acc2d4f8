/**
 * Shared volumes: used by many at a time, offered while they are used, destroyed only when nobody uses them.
 */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { operationId } from "#model/ids.ts";
import type { OfferOperation } from "#model/operation.ts";
import { equalLists } from "#model/resource.ts";
import { fromList, resources } from "#model/resources.ts";
import { scene, TestFramework } from "../../../test/support/master-driver.ts";
import { taskSpec } from "../../../test/support/master-fixtures.ts";
import {
  accept,
  create,
  dbInfo,
  kept,
  operationsIn,
  reserve,
  totalOf,
  volume,
} from "../../../test/support/volume-fixtures.ts";

describe("shared volumes", () => {
  const shared = volume(60, "s", { sharedCount: 1 });

  it("are used by many tasks at a time, and not destroyed while they are", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    const spec = (id: string) => taskSpec(id, agent.id, resources({ cpus: 0.5, others: [shared] }));
    accept(
      framework,
      [offer],
      [
        reserve(kept("disk", 60)),
        create(shared),
        { kind: "launch", tasks: [spec("t1"), spec("t2")], executors: [] },
      ],
      0,
    );
    const runs = agent.take().filter(({ type }) => type === "run");
    assert.equal(runs.length, 2);
    driver.advance(1_000);
    const again = framework.takeOffers();
    assert.deepEqual(
      again.flatMap((each) => each.resources.others),
      fromList([shared]).others,
    );
    const destroy: OfferOperation = {
      kind: "destroy",
      volumes: fromList([shared]),
      operationId: operationId("d"),
    };
    accept(framework, again, [destroy], 0);
    assert.match(operationsIn(framework.take())[0]?.message ?? "", /in use/);
    for (const id of ["t1", "t2"]) agent.update(framework.id, id, "finished");
    driver.advance(1_000);
    accept(framework, framework.takeOffers().slice(0, 1), [destroy], 0);
    assert.deepEqual(totalOf(driver, agent).others, fromList([kept("disk", 60)]).others);
  });

  it("row 10: offers that hold a destroyed one are taken back, the volume being on offer to others too", () => {
    const { driver, agent, framework, offer } = scene({}, dbInfo);
    accept(framework, [offer], [reserve(kept("disk", 60)), create(shared)], 0);
    const other = new TestFramework(driver, dbInfo);
    other.subscribe();
    driver.advance(1_000);
    const task = taskSpec("t1", agent.id, resources({ cpus: 1 }));
    const mine = framework.takeOffers();
    const theirs = other.takeOffers();
    const [holder, held, rival] = mine.length > 0 ? [framework, mine, other] : [other, theirs, framework];
    // What the first does not use is offered anew, the volume with it, while the second offer stands.
    holder.launch(held, [task], 0);
    driver.advance(1_000);
    const offers = [...driver.state.tables.offer.values()];
    assert.ok(offers.some(({ resources: of }) => of.others.length > 0));
    const [first] = offers;
    const owner = first?.frameworkId === holder.id ? holder : rival;
    const destroy: OfferOperation = { kind: "destroy", volumes: fromList([shared]) };
    accept(owner, first === undefined ? [] : [first], [destroy], 0);
    for (const { resources: of } of driver.state.tables.offer.values())
      assert.ok(!of.others.some(({ sharedCount }) => sharedCount > 0));
    assert.ok(equalLists(totalOf(driver, agent).others, fromList([kept("disk", 60)]).others));
  });

  it("are made by those who can share only", () => {
    const { framework, offer } = scene({}, { ...dbInfo, capabilities: ["partition-aware"] });
    const id = operationId("c");
    accept(framework, [offer], [reserve(kept("disk", 60)), { ...create(shared), operationId: id }]);
    assert.match(operationsIn(framework.take())[0]?.message ?? "", /capability/);
  });
});
