import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeMessage, type Encoding } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import { DoorDriver } from "../../../../test/support/door-driver.ts";
import { offersIn, TestFramework } from "../../../../test/support/master-driver.ts";
import { taskSpec } from "../../../../test/support/master-fixtures.ts";

type Event = MessageOf<"master.Event">;

/** A reader of the stream: what it was sent, decoded. */
function listen(
  door: DoorDriver,
  encoding: Encoding,
): { readonly events: Event[]; readonly close: () => void } {
  const accept = encoding === "json" ? "application/json" : "application/x-protobuf";
  const headers = { "content-type": "application/json", accept };
  const answer = door.call("POST", "/api/v1", { type: "SUBSCRIBE" }, headers);
  assert.ok(answer.kind === "stream");
  assert.equal(answer.headers["Content-Type"], accept);
  assert.equal(answer.heartbeat?.everyMs, 15_000);
  const decoder = new RecordDecoder();
  const events: Event[] = [];
  const hear = (chunk: string | Uint8Array): void => {
    assert.ok(typeof chunk !== "string");
    for (const record of decoder.push(chunk).records) {
      const event = decodeMessage(encoding, "master.Event", record);
      assert.ok(event.ok);
      events.push(event.value);
    }
  };
  const close = answer.open({ write: hear, end: () => {} });
  return { events, close };
}

for (const encoding of ["json", "protobuf"] as const) {
  test(`operators' stream: it begins with the state and tells every change (${encoding})`, () => {
    const door = new DoorDriver();
    door.addAgent("agent-1");
    const { events } = listen(door, encoding);
    const [subscribed] = events;
    assert.equal(subscribed?.subscribed?.get_state?.get_agents?.agents?.length, 1);
    assert.equal(subscribed?.subscribed?.heartbeat_interval_seconds, 15);

    const agent = door.addAgent("agent-2");
    const framework = new TestFramework(door.master);
    const offer = offersIn(framework.subscribe()).find((each) => each.agentId === agent.id);
    assert.ok(offer !== undefined);
    framework.launch([offer], [taskSpec("t1", agent.id)]);
    agent.update(framework.id, "t1", "running");
    const { agentId, taskId, updateId } = agent.update(framework.id, "t1", "finished");
    assert.ok(agentId !== undefined && updateId !== undefined);
    framework.call({ type: "acknowledge", agentId, taskId, updateId });
    framework.call({ type: "teardown" });
    door.master.input({ type: "mark-agent-gone", agentId: agent.id });
    const types = events.map(({ type }) => type);
    assert.deepEqual(types, [
      "SUBSCRIBED",
      "HEARTBEAT",
      "AGENT_ADDED",
      "FRAMEWORK_ADDED",
      "TASK_ADDED",
      "TASK_UPDATED",
      "TASK_UPDATED",
      "FRAMEWORK_REMOVED",
      "AGENT_REMOVED",
    ]);
    const states = events.flatMap(({ task_updated: updated }) =>
      updated === undefined ? [] : [updated.state],
    );
    assert.deepEqual(states, ["TASK_RUNNING", "TASK_FINISHED"]);
    assert.equal(events[4]?.task_added?.task.state, "TASK_STAGING");
  });
}

test("operators' stream: a reader that has gone is told nothing, and forgotten", () => {
  const door = new DoorDriver();
  const { events, close } = listen(door, "json");
  assert.equal(door.watch.counts().subscribers, 1);
  close();
  door.addAgent("agent-1");
  assert.equal(events.length, 2);
  assert.equal(door.watch.counts().subscribers, 0);
});

test("operators' stream: what is told after the look at the state, and before its answer, is not told twice", () => {
  const door = new DoorDriver();
  const looks: (() => void)[] = [];
  const { read } = door.context.master;
  Object.assign(door.context.master, {
    read: (view: never, done: never) =>
      read(view, ((seen: never) => looks.push(() => (done as (v: never) => void)(seen))) as never),
  });
  const { events } = listen(door, "json");
  assert.equal(events.length, 0);
  for (const look of looks) look();
  door.addAgent("agent-1");
  assert.deepEqual(
    events.map(({ type }) => type),
    ["SUBSCRIBED", "HEARTBEAT", "AGENT_ADDED"],
  );
});

test("operators' stream: an agent that cannot be reached is not removed", () => {
  const door = new DoorDriver();
  const agent = door.addAgent("agent-1");
  const { events } = listen(door, "json");
  agent.disconnect();
  door.master.advance(60_000);
  assert.equal(door.master.state.tables.agent.get(agent.id)?.state, "unreachable");
  agent.connect();
  assert.deepEqual(
    events.slice(2).map(({ type }) => type),
    ["AGENT_ADDED"],
  );
});
