/**
 * The executor API's calls and events: every call of Mesos's is one of ours, and every event of ours is one of
 * Mesos's.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { agentId, containerId, frameworkId, taskId, updateId } from "#model/ids.ts";
import type { ExecutorEvent } from "#model/protocol/executor.ts";
import { noResources } from "#model/resources.ts";
import type { TaskSpec } from "#model/task.ts";
import { anyMessage } from "../../../../test/support/mesos-messages.ts";
import { decodeMessage, encodeMessage } from "../codec/encoding.ts";
import { enums, type MessageOf } from "../proto/tables.ts";
import { executorFromMessage } from "../translate/executor-info.ts";
import { launchFromMessage } from "../translate/launches.ts";
import { taskReasonNames, taskReasonOf } from "../translate/task-names.ts";
import { executorCallFromMessage, executorKeyOf } from "./call-from-message.ts";
import { executorCallFault } from "./call-rules.ts";
import { executorEventMessage } from "./event-to-message.ts";

type Call = MessageOf<"executor.Call">;
type Status = MessageOf<"TaskStatus">;

const id = { value: "x" };
const ids = { executor_id: { value: "e" }, framework_id: { value: "F" } };
const uuid = new Uint8Array(16).fill(7);
const status: Status = {
  task_id: { value: "t" },
  state: "TASK_RUNNING",
  source: "SOURCE_EXECUTOR",
  uuid,
};
const update = (more: Partial<Status>): Call => ({
  ...ids,
  type: "UPDATE",
  update: { status: { ...status, ...more } },
});

test("rules are asked in Mesos's order and words", () => {
  const cases: readonly (readonly [Call, string | undefined])[] = [
    [ids, "Expecting 'type' to be present"],
    [{ ...ids, type: "SUBSCRIBE" }, "Expecting 'subscribe' to be present"],
    [{ ...ids, type: "SUBSCRIBE", subscribe: {} }, undefined],
    [{ ...ids, type: "UPDATE" }, "Expecting 'update' to be present"],
    [{ ...ids, type: "MESSAGE" }, "Expecting 'message' to be present"],
    [{ ...ids, type: "HEARTBEAT" }, undefined],
    [{ ...ids, type: "UNKNOWN" }, undefined],
    [update({}), undefined],
    [update({ executor_id: { value: "e" } }), undefined],
    [update({ uuid: undefined }), "Expecting 'uuid' to be present"],
    [update({ uuid: new Uint8Array(15) }), "Not a valid UUID"],
    [
      update({ executor_id: { value: "f" }, source: undefined }),
      "ExecutorID in Call: e does not match ExecutorID in TaskStatus: f",
    ],
    [
      update({ source: "SOURCE_AGENT" }),
      "Received Call from executor e of framework F with invalid source, expecting 'SOURCE_EXECUTOR'",
    ],
    [
      update({ state: "TASK_STAGING" }),
      "Received TASK_STAGING from executor e of framework F which is not allowed",
    ],
    [update({ check_status: {} }), "CheckStatusInfo must specify 'type'"],
    [update({ check_status: { type: "HTTP" } }), "Expecting 'http' to be set for HTTP check's status"],
    [update({ check_status: { type: "TCP", tcp: {} } }), undefined],
    [update({ check_status: { type: "UNKNOWN" } }), "'UNKNOWN' is not a valid check's status type"],
  ];
  for (const [call, fault] of cases) assert.equal(executorCallFault(call), fault);
});

test("whatever passes the rules is a call, and nothing makes the translation throw", () => {
  const types = Object.keys(enums["executor.Call.Type"]) as NonNullable<Call["type"]>[];
  fc.assert(
    fc.property(anyMessage("executor.Call"), fc.constantFrom(...types), (fields, type) => {
      const call = { ...fields, type } as unknown as Call;
      if (executorCallFault(call) !== undefined) return;
      assert.equal(executorCallFromMessage(call, 5) === undefined, type === "UNKNOWN", type);
    }),
    { numRuns: 600 },
  );
});

test("an update is told with all that the executor says, and its time if it says none", () => {
  const call = executorCallFromMessage(
    update({
      state: "TASK_FAILED",
      reason: "REASON_EXECUTOR_TERMINATED",
      message: "no",
      data: new Uint8Array([0]),
      healthy: false,
      timestamp: 1.5,
      labels: { labels: [{ key: "a" }] },
      check_status: { type: "COMMAND", command: { exit_code: 1 } },
    }),
    7,
  );
  assert.ok(call?.type === "update");
  const { checkStatus, ...rest } = call.update;
  assert.deepEqual(rest, {
    taskId: "t",
    state: "failed",
    source: "executor",
    reason: "executor-terminated",
    message: "no",
    timestampMs: 1_500,
    healthy: false,
    updateId: "07070707-0707-0707-0707-070707070707",
    containerId: undefined,
    address: undefined,
    exit: undefined,
    data: "AA==",
    labels: [{ key: "a", value: undefined }],
  });
  assert.ok(checkStatus !== undefined);
  for (const timestamp of [undefined, Number.NaN, -1, 1e300]) {
    const other = executorCallFromMessage(update({ timestamp }), 7);
    assert.equal(other?.type === "update" && other.update.timestampMs, 7);
  }
});

test("of what is repeated only what was well formed counts", () => {
  const call = executorCallFromMessage(
    {
      ...ids,
      type: "SUBSCRIBE",
      subscribe: {
        unacknowledged_tasks: [{ name: "", task_id: { value: "t" }, agent_id: id }],
        unacknowledged_updates: [{ status }, { status: { ...status, uuid: new Uint8Array(1) } }],
      },
    },
    7,
  );
  assert.ok(call?.type === "subscribe");
  assert.deepEqual(call.unacknowledgedTasks, ["t"]);
  assert.equal(call.unacknowledgedUpdates.length, 1);
  assert.deepEqual(executorKeyOf(ids), { frameworkId: "F", executorId: "e" });
});

test("every reason is known by its name, both ways", () => {
  for (const name of Object.keys(
    enums["TaskStatus.Reason"],
  ) as (keyof (typeof enums)["TaskStatus.Reason"])[]) {
    const reason = taskReasonOf(name);
    assert.ok(reason !== undefined, name);
    assert.equal(taskReasonNames[reason], name);
  }
});

const context = { frameworkId: frameworkId("F"), user: undefined };
const info: MessageOf<"ExecutorInfo"> = {
  executor_id: { value: "e" },
  framework_id: { value: "F" },
  command: { value: "./run" },
  data: new Uint8Array([1]),
};

function launched(): TaskSpec {
  const { operation } = launchFromMessage(
    {
      task_infos: [
        { name: "t", task_id: { value: "t" }, agent_id: id, executor: info, data: new Uint8Array([2]) },
      ],
    },
    context,
  );
  assert.ok(operation?.kind === "launch");
  return operation.tasks[0] ?? assert.fail();
}

function events(): readonly ExecutorEvent[] {
  const executor = executorFromMessage(info, context);
  assert.ok(executor.ok);
  const task = launched();
  return [
    {
      type: "subscribed",
      executor: executor.value,
      frameworkId: frameworkId("F"),
      framework: {
        name: "n",
        user: "u",
        roles: [],
        failoverTimeoutMs: 0,
        checkpoint: true,
        hostname: undefined,
        webuiUrl: undefined,
        principal: undefined,
        capabilities: ["multi-role"],
        labels: {},
      },
      agentId: agentId("S0"),
      agent: {
        name: "agent-1",
        hostname: "host",
        endpoint: { address: "10.0.0.1", port: 5051 },
        resources: noResources,
        attributes: {},
        version: "1",
        isolation: "",
      },
      containerId: containerId("c"),
    },
    { type: "launch", task },
    { type: "launch-group", tasks: [task, task] },
    { type: "kill", taskId: taskId("t"), graceMs: 1_500 },
    {
      type: "acknowledged",
      taskId: taskId("t"),
      updateId: updateId("07070707-0707-0707-0707-070707070707"),
    },
    { type: "message", data: "aGk=" },
    { type: "shutdown" },
    { type: "error", message: "no" },
    { type: "heartbeat" },
  ];
}

test("every event has a type of its own and survives both encodings", () => {
  for (const encoding of ["json", "protobuf"] as const) {
    const heard = new Map<string, MessageOf<"executor.Event">>();
    for (const event of events()) {
      const body = encodeMessage(encoding, "executor.Event", executorEventMessage(event));
      const back = decodeMessage(encoding, "executor.Event", body);
      assert.ok(back.ok, `${event.type} in ${encoding}`);
      heard.set(String(back.value.type), back.value);
    }
    assert.equal(heard.size, Object.keys(enums["executor.Event.Type"]).length - 1, "all but UNKNOWN");
    const subscribed = heard.get("SUBSCRIBED")?.subscribed;
    assert.deepEqual(subscribed?.executor_info.data, new Uint8Array([1]));
    assert.deepEqual(subscribed?.framework_info.id, { value: "F" });
    assert.deepEqual(subscribed?.container_id, { value: "c" });
    assert.deepEqual(heard.get("LAUNCH")?.launch?.task.data, new Uint8Array([2]));
    assert.equal(heard.get("LAUNCH_GROUP")?.launch_group?.task_group.tasks?.length, 2);
    assert.equal(heard.get("KILL")?.kill?.kill_policy?.grace_period?.nanoseconds, 1_500_000_000n);
    assert.deepEqual(heard.get("ACKNOWLEDGED")?.acknowledged?.uuid, uuid);
    assert.deepEqual(heard.get("MESSAGE")?.message?.data, new Uint8Array([0x68, 0x69]));
  }
});
