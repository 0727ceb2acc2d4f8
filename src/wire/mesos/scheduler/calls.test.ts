/**
 * Calls and events: every call of Mesos's is one of ours, and every event of ours is one of Mesos's.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import {
  agentId,
  executorId,
  frameworkId,
  masterId,
  offerId,
  operationId,
  roleName,
  taskId,
  updateId,
} from "#model/ids.ts";
import type { SchedulerEvent } from "#model/protocol/scheduler.ts";
import { noResources, resources } from "#model/resources.ts";
import type { TaskExit } from "#model/task.ts";
import { anyMessage } from "../../../../test/support/mesos-messages.ts";
import { decodeMessage, encodeMessage } from "../codec/encoding.ts";
import { base64Text } from "../codec/json/base64.ts";
import { messageToProtobuf } from "../codec/protobuf/encode.ts";
import { enums, type MessageOf } from "../proto/tables.ts";
import { callFromMessage, filtersFromMessage } from "./call-from-message.ts";
import { callFault } from "./call-rules.ts";
import { eventMessage } from "./event-to-message.ts";
import { infoFromMessage, subscriptionFromMessage } from "./subscription.ts";

type Call = MessageOf<"scheduler.Call">;

const context = { frameworkId: frameworkId("F"), user: undefined };
const uuid = new Uint8Array(16).fill(7);
const id = { value: "x" };

test("whatever passes the rules is a call, and nothing makes the translation throw", () => {
  const types = Object.keys(enums["scheduler.Call.Type"]) as NonNullable<Call["type"]>[];
  fc.assert(
    fc.property(anyMessage("scheduler.Call"), fc.constantFrom(...types), (fields, type) => {
      const call = { ...fields, type } as Call;
      if (callFault(call, undefined) !== undefined) return;
      if (call.subscribe !== undefined && type === "SUBSCRIBE") {
        const info = infoFromMessage(call.subscribe, "p");
        if (info.ok) subscriptionFromMessage(call.subscribe, info.value);
        return;
      }
      if (type === "UPDATE_FRAMEWORK") return;
      assert.equal(callFromMessage(call, context) === undefined, type === "UNKNOWN", type);
    }),
    { numRuns: 600 },
  );
});

test("rules are asked in Mesos's order", () => {
  const cases: readonly (readonly [Call, string | undefined])[] = [
    [{}, "Expecting 'type' to be present"],
    [{ type: "ACCEPT" }, "Expecting 'framework_id' to be present"],
    [{ type: "ACCEPT", framework_id: id }, "Expecting 'accept' to be present"],
    [{ type: "REVIVE", framework_id: id }, undefined],
    [
      {
        type: "ACKNOWLEDGE",
        framework_id: id,
        acknowledge: { agent_id: id, task_id: id, uuid: new Uint8Array(2) },
      },
      "Not a valid UUID",
    ],
    [
      {
        type: "ACKNOWLEDGE_OPERATION_STATUS",
        framework_id: id,
        acknowledge_operation_status: { uuid, operation_id: id },
      },
      "Expecting 'agent_id' to be present",
    ],
    [
      { type: "SUBSCRIBE", framework_id: id, subscribe: { framework_info: { user: "u", name: "n" } } },
      "'framework_id' differs from 'subscribe.framework_info.id'",
    ],
    [
      { type: "SUBSCRIBE", subscribe: { framework_info: { user: "u", name: "n", principal: "q" } } },
      "Authenticated principal 'p' does not match principal 'q' set in `FrameworkInfo`",
    ],
  ];
  for (const [call, fault] of cases) assert.equal(callFault(call, "p"), fault);
});

test("an acknowledgement names the update by its bytes", () => {
  const acknowledge = { agent_id: id, task_id: id, uuid };
  const outcome = callFromMessage({ type: "ACKNOWLEDGE", framework_id: id, acknowledge }, context);
  assert.ok(outcome?.call.type === "acknowledge");
  assert.equal(outcome.call.updateId, "07070707-0707-0707-0707-070707070707");
});

test("how long an offer is refused", () => {
  const refuseMs = (seconds: number) => filtersFromMessage({ refuse_seconds: seconds }).refuseMs;
  assert.equal(filtersFromMessage(undefined).refuseMs, 5_000);
  assert.equal(filtersFromMessage({}).refuseMs, 5_000);
  assert.equal(refuseMs(0), 0);
  assert.equal(refuseMs(1.5), 1_500);
  assert.equal(refuseMs(-1), 5_000);
  assert.equal(refuseMs(Number.NaN), 5_000);
  assert.equal(refuseMs(1e12), limits.refuseMsMax);
});

test("a bad task of an accept does not keep the good ones from being launched", () => {
  const task = { name: "t", task_id: { value: "good" }, agent_id: id, command: { value: "true" } };
  const outcome = callFromMessage(
    {
      type: "ACCEPT",
      framework_id: id,
      accept: {
        offer_ids: [id],
        operations: [
          { type: "LAUNCH", launch: { task_infos: [task, { ...task, task_id: { value: "." } }] } },
          { type: "LAUNCH" },
          {},
          { type: "CREATE", id: { value: "o" }, create: { volumes: [{ name: "", type: "SCALAR" }] } },
          { type: "CREATE", create: { volumes: [{ name: "", type: "SCALAR" }] } },
        ],
      },
    },
    context,
  );
  assert.ok(outcome?.call.type === "accept");
  assert.deepEqual(
    outcome.call.operations.map((operation) =>
      operation.kind === "launch" || operation.kind === "refuse-tasks"
        ? operation.tasks.map((each) => [each.taskId, "message" in each ? each.message : "launched"])
        : [],
    ),
    [[["good", "launched"]], [[".", "'.' is disallowed"]]],
  );
  assert.deepEqual(
    outcome.operationFaults.map((fault) => [fault.operationId, fault.state]),
    [["o", "error"]],
  );
});

const agent = {
  name: "agent-1",
  hostname: "host",
  endpoint: { address: "10.0.0.1", port: 5051 },
  resources: noResources,
  attributes: { rack: "r1", level: "3" },
  version: "1",
  isolation: "",
};
const offer = {
  offerId: offerId("O1"),
  frameworkId: frameworkId("F1"),
  role: roleName("a"),
  agentId: agentId("S0"),
  agent,
  resources: resources({ cpus: 1, ports: [[1, 2]] }),
  unavailability: { startMs: 1_000, durationMs: 5 },
  madeAtMs: 0,
};
const status = {
  taskId: taskId("t"),
  agentId: agentId("S0"),
  state: "running",
  source: "executor",
  reason: undefined,
  message: "",
  timestampMs: 1_500,
  healthy: true,
  updateId: updateId("07070707-0707-0707-0707-070707070707"),
  containerId: undefined,
  address: "10.0.0.2",
  exit: undefined,
} as const;

const events: readonly SchedulerEvent[] = [
  {
    type: "subscribed",
    frameworkId: frameworkId("F1"),
    masterId: masterId("M"),
    heartbeatIntervalMs: 15_000,
  },
  { type: "offers", offers: [offer] },
  { type: "rescind", offerId: offerId("O1") },
  { type: "update", status },
  {
    type: "inverse-offers",
    inverseOffers: [
      {
        offerId: offerId("O2"),
        frameworkId: frameworkId("F1"),
        agentId: agentId("S0"),
        unavailability: { startMs: 0, durationMs: undefined },
        madeAtMs: 0,
      },
    ],
  },
  { type: "rescind-inverse-offer", inverseOfferId: offerId("O2") },
  {
    type: "update-operation-status",
    status: {
      operationId: operationId("o"),
      state: "finished",
      message: "",
      convertedResources: undefined,
      updateId: status.updateId,
      agentId: agentId("S0"),
    },
  },
  { type: "message", agentId: agentId("S0"), executorId: executorId("e"), data: "aGVsbG8=" },
  { type: "failure", agentId: agentId("S0") },
  { type: "error", message: "no" },
  { type: "heartbeat" },
];

const master = { hostname: "m", address: "127.0.0.1", port: 5050, domain: undefined };

test("every event has a type of its own and survives both encodings", () => {
  const types = new Set<string>();
  for (const event of events) {
    const message = eventMessage(event, { capabilities: ["multi-role", "reservation-refinement"], master });
    types.add(String(message.type));
    for (const encoding of ["json", "protobuf"] as const) {
      const back = decodeMessage(
        encoding,
        "scheduler.Event",
        encodeMessage(encoding, "scheduler.Event", message),
      );
      assert.ok(back.ok, `${event.type} in ${encoding}`);
      assert.equal(back.value.type, message.type);
      assert.deepEqual(back.value.update?.status.uuid, message.update?.status.uuid);
    }
  }
  assert.equal(types.size, Object.keys(enums["scheduler.Event.Type"]).length - 1, "all but UNKNOWN");
});

test("of an executor that ended its framework learns what `wait` says of it", () => {
  const failure = (exit: TaskExit | undefined) =>
    eventMessage(
      {
        type: "failure",
        agentId: agentId("S0"),
        executor: { executorId: executorId("e"), end: { exit, message: "" } },
      },
      { capabilities: [], master },
    ).failure;
  const ids = { agent_id: { value: "S0" }, executor_id: { value: "e" } };
  assert.deepEqual(failure({ kind: "code", code: 1 }), { ...ids, status: 256 });
  assert.deepEqual(failure({ kind: "signal", signal: 9 }), { ...ids, status: 9 });
  assert.deepEqual(failure(undefined), { ...ids, status: -1 });
});

test("what an executor says beside a status reaches its framework", () => {
  const checkStatus = { type: "COMMAND", command: { exit_code: 3 } } as const;
  const said = {
    ...status,
    executorId: executorId("e"),
    data: "AAE=",
    labels: [{ key: "a", value: "b" }],
    checkStatus: base64Text(messageToProtobuf("CheckStatusInfo", checkStatus)),
  };
  const update = eventMessage({ type: "update", status: said }, { capabilities: [], master }).update?.status;
  assert.deepEqual(update?.executor_id, { value: "e" });
  assert.deepEqual(update?.data, new Uint8Array([0, 1]));
  assert.deepEqual(update?.labels, { labels: [{ key: "a", value: "b" }] });
  assert.deepEqual(update?.check_status, checkStatus);
});

test("an offer says no more than its framework can read", () => {
  const offered = (capabilities: Parameters<typeof eventMessage>[1]["capabilities"]) =>
    eventMessage({ type: "offers", offers: [offer] }, { capabilities, master }).offers?.offers?.[0];
  const later = offered(["multi-role", "reservation-refinement"]);
  assert.equal(later?.allocation_info?.role, "a");
  assert.deepEqual(
    later?.resources?.map(({ role, allocation_info }) => [role, allocation_info?.role]),
    [
      [undefined, "a"],
      [undefined, "a"],
    ],
  );
  const earlier = offered([]);
  assert.equal(earlier?.allocation_info, undefined);
  assert.deepEqual(
    earlier?.resources?.map(({ role, allocation_info }) => [role, allocation_info]),
    [
      ["*", undefined],
      ["*", undefined],
    ],
  );
});

test("a master's address is told as a number too, as Mesos counts", () => {
  const [subscribed] = events;
  assert.ok(subscribed !== undefined);
  const message = eventMessage(subscribed, { capabilities: [], master });
  assert.equal(message.subscribed?.master_info?.ip, 16_777_343);
});
