/**
 * What implementations of Mesos's APIs most easily get wrong about offers, a row each, over real HTTP.
 */

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import {
  type CallMessage,
  type OfferMessage,
  scalar,
  small,
  type TestFramework,
} from "./support/scheduler-framework.ts";
import { SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";

const cluster = new SemanticsCluster(temporaryDirectory("unum-offers-"));

suite("semantics of Mesos's offers", { timeout: 120_000 }, () => {
  before(() => cluster.start());
  after(() => cluster.end());

  test("row 7: offers are of one agent and one role, in the format that their framework reads", async () => {
    const many = await cluster.subscribed({ info: { roles: ["seven", "eight"] } });
    const first = await many.offer();
    const role = first.allocation_info?.role;
    assert.ok(first.resources?.every(({ allocation_info }) => allocation_info?.role === role));
    await many.declineAll(600);
    const other = await many.offer(({ allocation_info }) => allocation_info?.role !== role);
    assert.deepEqual([role, other.allocation_info?.role].sort(), ["eight", "seven"]);
    await teardown(many);
    const reserved = (...roles: readonly string[]) => ({
      ...scalar("disk", 10),
      reservations: roles.map((each) => ({ type: "DYNAMIC" as const, role: each })),
    });
    const orders = (type: "RESERVE_RESOURCES" | "UNRESERVE_RESOURCES", resource: unknown) =>
      cluster.operator(
        { type, [type.toLowerCase()]: { agent_id: { value: cluster.agentId }, resources: [resource] } },
        202,
      );
    await orders("RESERVE_RESOURCES", reserved("seven"));
    const old = await cluster.subscribed({ info: { roles: [], role: "seven", capabilities: [] } });
    const offer = await old.offer(({ resources = [] }) => resources.some((each) => each.role === "seven"));
    assert.equal(offer.allocation_info, undefined);
    const shown = offer.resources?.find((each) => each.role === "seven");
    assert.deepEqual(
      [shown?.reservation !== undefined, shown?.reservations, shown?.allocation_info, shown?.scalar?.value],
      [true, undefined, undefined, 10],
    );
    await teardown(old);
    await orders("UNRESERVE_RESOURCES", reserved("seven"));
  });

  test("row 8: one invalid offer spoils an accept, and what is left of a good one comes back", async () => {
    const framework = await cluster.subscribed();
    const offer = await framework.offer();
    const task = {
      name: "t",
      task_id: { value: "spoilt" },
      agent_id: offer.agent_id,
      resources: [scalar("cpus", 0.1), scalar("mem", 32)],
      command: { value: "true" },
    };
    const reserve = {
      ...scalar("disk", 1),
      allocation_info: { role: "test" },
      reservations: [{ type: "DYNAMIC" as const, role: "test" }],
    };
    const accept = (
      offers: readonly OfferMessage["id"][],
      operations: NonNullable<NonNullable<Parameters<TestFramework["call"]>[0]["accept"]>["operations"]>,
    ) =>
      framework.call({
        type: "ACCEPT",
        accept: { offer_ids: offers, operations, filters: { refuse_seconds: 0 } },
      });
    await accept(
      [offer.id, { value: "nope" }],
      [
        { type: "LAUNCH", launch: { task_infos: [task] } },
        { type: "RESERVE", id: { value: "op" }, reserve: { resources: [reserve] } },
      ],
    );
    const dropped = await framework.statusOf("spoilt");
    assert.deepEqual([dropped.state, dropped.reason], ["TASK_DROPPED", "REASON_INVALID_OFFERS"]);
    const operation = await framework.next("UPDATE_OPERATION_STATUS");
    assert.equal(operation.update_operation_status?.status.state, "OPERATION_ERROR");
    // The good one was given back with the bad one.
    const again = await framework.offer();
    assert.notEqual(again.id.value, offer.id.value);
    // In order: what is reserved first is there to be made a volume of.
    const volume = {
      ...reserve,
      disk: { persistence: { id: "row-8" }, volume: { mode: "RW" as const, container_path: "data" } },
    };
    await accept(
      [again.id],
      [
        { type: "RESERVE", reserve: { resources: [reserve] } },
        { type: "CREATE", create: { volumes: [volume] } },
      ],
    );
    const left = await framework.offer(({ resources = [] }) =>
      resources.some(({ disk }) => disk?.persistence?.id === "row-8"),
    );
    assert.ok(left.resources?.some(({ name, scalar: amount }) => name === "cpus" && amount?.value === 4));
    await accept(
      [left.id],
      [
        { type: "DESTROY", destroy: { volumes: [volume] } },
        { type: "UNRESERVE", unreserve: { resources: [reserve] } },
      ],
    );
    await teardown(framework);
  });

  test("row 9: what is declined goes to others, and comes back when it is revived", async () => {
    const first = await cluster.subscribed({ info: { roles: ["nine"] } });
    await first.offer();
    await first.declineAll(600);
    const second = await cluster.subscribed({ info: { roles: ["ten"] } });
    await second.offer();
    // One role that is not its own spoils the call.
    await first.call({ type: "REVIVE", revive: { roles: ["nine", "ten"] } });
    const seen = first.offers.length;
    await second.declineAll(0);
    await second.offer();
    assert.equal(first.offers.length, seen, "its filter holds");
    await second.call({ type: "SUPPRESS" });
    await first.call({ type: "REVIVE" });
    await second.declineAll(0);
    await first.offer();
    // A new description says anew what is suppressed.
    const id = { value: second.frameworkId };
    const described = await second.send({
      type: "UPDATE_FRAMEWORK",
      update_framework: { framework_info: { ...second.info, id } },
    });
    assert.equal(described.status, 200);
    await first.declineAll(600);
    await second.offer();
    await teardown(first);
    await teardown(second);
  });

  test("row 10: offers are taken back when what they stand for changes", async () => {
    const framework = await cluster.subscribed();
    const agent = { agent_id: { value: cluster.agentId } };
    const changes: readonly (readonly [string, () => Promise<unknown>, (() => Promise<unknown>)?])[] = [
      [
        "the agent is deactivated",
        () => cluster.operator({ type: "DEACTIVATE_AGENT", deactivate_agent: agent }),
        () => cluster.operator({ type: "REACTIVATE_AGENT", reactivate_agent: agent }),
      ],
      [
        "a weight changes",
        () =>
          cluster.operator({
            type: "UPDATE_WEIGHTS",
            update_weights: { weight_infos: [{ role: "test", weight: 2 }] },
          }),
      ],
      [
        "the agent is to be maintained",
        () =>
          schedule([
            { machine_ids: [{ hostname: "127.0.0.1" }], unavailability: { start: { nanoseconds: 1 } } },
          ]),
        () => schedule([]),
      ],
    ];
    const schedule = (windows: readonly unknown[]) =>
      cluster.operator({
        type: "UPDATE_MAINTENANCE_SCHEDULE",
        update_maintenance_schedule: { schedule: { windows } },
      });
    for (const [what, change, undo] of changes) {
      const offer = await framework.offer();
      await change();
      const rescinded = await framework.next("RESCIND");
      assert.deepEqual(rescinded.rescind?.offer_id, offer.id, what);
      await undo?.();
    }
    // A race that is lost is an invalid offer.
    const offer = await framework.offer();
    await cluster.operator({ type: "DEACTIVATE_AGENT", deactivate_agent: agent });
    await framework.next("RESCIND");
    await framework.launch(offer, { task_id: { value: "late" } });
    assert.equal((await framework.statusOf("late")).reason, "REASON_INVALID_OFFERS");
    await cluster.operator({ type: "REACTIVATE_AGENT", reactivate_agent: agent });
    await teardown(framework);
  });

  test("inverse offers are taken back with the schedule, and an answer to one is shown", async () => {
    const framework = await cluster.subscribed({ info: { roles: ["eleven"] } });
    const offer = await framework.offer();
    await framework.launch(offer, { task_id: { value: "in-the-way" } });
    await framework.acknowledge(await framework.statusOf("in-the-way"));
    const schedule = (...starts: readonly number[]) =>
      cluster.operator({
        type: "UPDATE_MAINTENANCE_SCHEDULE",
        update_maintenance_schedule: {
          schedule: {
            windows: starts.map((nanoseconds) => ({
              machine_ids: [{ hostname: "127.0.0.1" }],
              unavailability: { start: { nanoseconds } },
            })),
          },
        },
      });
    await schedule(1);
    await framework.next("INVERSE_OFFERS");
    await schedule(2);
    await framework.next("RESCIND_INVERSE_OFFER");
    const inverse = (await framework.next("INVERSE_OFFERS")).inverse_offers?.inverse_offers?.[0];
    assert.ok(inverse !== undefined);
    await framework.call({
      type: "ACCEPT_INVERSE_OFFERS",
      accept_inverse_offers: { inverse_offer_ids: [inverse.id] },
    });
    assert.match(await cluster.operator({ type: "GET_MAINTENANCE_STATUS" }), /"status":"ACCEPT"/);
    await schedule();
    await teardown(framework);
  });

  test("offers tell which executors of their framework the agent has", async () => {
    const framework = await cluster.subscribed({ info: { roles: ["executors"] } });
    const offer = await framework.offer();
    assert.equal(offer.executor_ids, undefined);
    const executor = {
      type: "DEFAULT" as const,
      executor_id: { value: "pod" },
      framework_id: { value: framework.frameworkId },
      resources: [...small, scalar("disk", 32)],
    };
    const task = {
      name: "p",
      task_id: { value: "p" },
      agent_id: offer.agent_id,
      resources: small,
      command: { value: "sleep 1000" },
    };
    await framework.call({
      type: "ACCEPT",
      accept: {
        offer_ids: [offer.id],
        operations: [{ type: "LAUNCH_GROUP", launch_group: { executor, task_group: { tasks: [task] } } }],
        filters: { refuse_seconds: 0 },
      },
    });
    const status = await framework.statusOf("p");
    assert.equal(status.state, "TASK_RUNNING");
    await framework.offer(({ executor_ids }) => executor_ids?.[0]?.value === "pod");
    const other = await cluster.subscribed({ info: { roles: ["others"] } });
    await framework.declineAll(600);
    assert.equal((await other.offer()).executor_ids, undefined);
    await teardown(other);
    await teardown(framework);
  });

  test("volumes grow and shrink, by their framework's operations and by operators' calls", async () => {
    const framework = await cluster.subscribed({ info: { roles: ["grow"] } });
    const reserved = (value: number) => ({
      ...scalar("disk", value),
      reservations: [{ type: "DYNAMIC" as const, role: "grow" }],
    });
    const volumeOf = (value: number) => ({
      ...reserved(value),
      disk: { persistence: { id: "growing" }, volume: { mode: "RW" as const, container_path: "data" } },
    });
    const allocated = { allocation_info: { role: "grow" } };
    const next = (size: number) =>
      framework.offer(({ resources = [] }) =>
        resources.some(
          ({ disk, scalar: amount }) => disk?.persistence !== undefined && amount?.value === size,
        ),
      );
    const accept = (
      offer: OfferMessage,
      operations: NonNullable<NonNullable<CallMessage["accept"]>["operations"]>,
    ) =>
      framework.call({
        type: "ACCEPT",
        accept: { offer_ids: [offer.id], operations, filters: { refuse_seconds: 0 } },
      });
    await accept(await framework.offer(), [
      { type: "RESERVE", reserve: { resources: [{ ...reserved(20), ...allocated }] } },
      { type: "CREATE", create: { volumes: [{ ...volumeOf(10), ...allocated }] } },
    ]);
    await accept(await next(10), [
      {
        type: "GROW_VOLUME",
        grow_volume: {
          volume: { ...volumeOf(10), ...allocated },
          addition: { ...reserved(5), ...allocated },
        },
      },
    ]);
    await accept(await next(15), [
      {
        type: "SHRINK_VOLUME",
        shrink_volume: { volume: { ...volumeOf(15), ...allocated }, subtract: { value: 3 } },
      },
    ]);
    await next(12);
    await teardown(framework);
    const agent_id = { value: cluster.agentId };
    await cluster.operator(
      { type: "GROW_VOLUME", grow_volume: { agent_id, volume: volumeOf(12), addition: reserved(8) } },
      202,
    );
    await cluster.operator(
      { type: "SHRINK_VOLUME", shrink_volume: { agent_id, volume: volumeOf(20), subtract: { value: 4 } } },
      202,
    );
    await cluster.operator(
      { type: "DESTROY_VOLUMES", destroy_volumes: { agent_id, volumes: [volumeOf(16)] } },
      202,
    );
    await cluster.operator(
      { type: "UNRESERVE_RESOURCES", unreserve_resources: { agent_id, resources: [reserved(20)] } },
      202,
    );
  });
});
