/**
 * The executor API's door: who is let in, which mistake is told first, and what reaches the agent.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { applyAgentRecord, createAgentState } from "#core/agent/state.ts";
import type { AgentInput } from "#core/agent/types.ts";
import {
  containerId,
  executorId,
  frameworkId,
  roleName,
  type SessionId,
  sessionId,
  taskId,
  updateId,
} from "#model/ids.ts";
import type { DoorAnswer, DoorRequest } from "#ports/door.ts";
import { type Rejection, reject } from "#ports/room.ts";
import { decodeMessage, type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import { executorSpec, ourFrameworkInfo } from "../../../../test/support/agent-fixtures.ts";
import { malformedBodies } from "../../../../test/support/malformed-bodies.ts";
import { agentInfo } from "../../../../test/support/master-fixtures.ts";
import type { ExecutorContext } from "./context.ts";
import { executorEndpoints } from "./endpoints.ts";
import { ExecutorSessions } from "./sessions.ts";

type Call = MessageOf<"executor.Call">;

const mediaTypes = { json: "application/json", protobuf: "application/x-protobuf" } as const;
const key = "F/e";

class Door {
  readonly state = createAgentState({ info: agentInfo("agent-1"), masterTimeoutMs: 1, allowRoot: false });
  readonly sessions = new ExecutorSessions((error) => assert.fail(String(error)));
  readonly inputs: AgentInput[] = [];
  rejection: Rejection | undefined;
  #sessionCount = 0;

  constructor() {
    const { state } = this;
    applyAgentRecord(state, {
      kind: "lifecycle",
      id: "self",
      value: { ...state.lifecycle, phase: "ready" },
    });
    for (const id of ["e", "other"])
      applyAgentRecord(state, {
        kind: "held-executor",
        id: `F/${id}`,
        value: {
          spec: executorSpec(id),
          frameworkId: frameworkId("F"),
          framework: ourFrameworkInfo,
          role: roleName("*"),
          containerId: containerId(`c-${id}`),
          phase: "running",
          pid: 1,
          launchedAtMs: 0,
          token: `token-of-${id}`,
          hasSubscribed: false,
          hasWorked: false,
          ending: undefined,
        },
      });
  }

  /** As if it had subscribed. */
  subscribed(): this {
    applyAgentRecord(this.state, {
      kind: "executor-life",
      id: key,
      value: { session: sessionId("s"), subscribed: true, employed: false, granted: undefined },
    });
    return this;
  }

  get context(): ExecutorContext {
    return {
      agent: {
        read: (view, done) => done(view(this.state, 0)),
        submit: (input, done) => {
          this.inputs.push(input);
          done?.(this.rejection);
        },
      },
      sessions: this.sessions,
      newSession: (): SessionId => {
        this.#sessionCount += 1;
        return sessionId(`session-${this.#sessionCount}`);
      },
      nowMs: () => 7_000,
    };
  }

  post(body: Uint8Array | string, more: Partial<DoorRequest> = {}): DoorAnswer {
    const path = more.path ?? "/api/v1/executor";
    const method = more.method ?? "POST";
    const endpoint = executorEndpoints.find((each) => each.path === path && each.method === method);
    assert.ok(endpoint?.permission === "executor");
    const answers: DoorAnswer[] = [];
    const request: DoorRequest = {
      method,
      path,
      params: {},
      query: new URLSearchParams(),
      queryText: "",
      headers: { "content-type": mediaTypes.json },
      body: typeof body === "string" ? new TextEncoder().encode(body) : body,
      remoteAddress: "127.0.0.1",
      executorToken: "token-of-e",
      ...more,
    };
    endpoint.handle(request, this.context, (answer) => answers.push(answer));
    const [answer] = answers;
    assert.ok(answer !== undefined && answers.length === 1, `${answers.length} answers`);
    return answer;
  }

  call(call: Call, more: Partial<DoorRequest> = {}, encoding: Encoding = "json"): DoorAnswer {
    const headers = { "content-type": mediaTypes[encoding], accept: mediaTypes[encoding] };
    return this.post(encodeMessage(encoding, "executor.Call", call), { headers, ...more });
  }
}

const textOf = (answer: DoorAnswer): string => {
  assert.equal(answer.kind, "body");
  return answer.kind === "body" ? `${answer.status} ${answer.body}` : "";
};

const ids = { executor_id: { value: "e" }, framework_id: { value: "F" } };
const message: Call = { ...ids, type: "MESSAGE", message: { data: new Uint8Array([1]) } };
const uuid = new Uint8Array(16).fill(7);
const update: Call = {
  ...ids,
  type: "UPDATE",
  update: {
    status: { task_id: { value: "t" }, state: "TASK_RUNNING", source: "SOURCE_EXECUTOR", uuid },
  },
};
const subscribe: Call = { ...ids, type: "SUBSCRIBE", subscribe: {} };

test("the first mistake is told in Mesos's order", () => {
  const json = { "content-type": mediaTypes.json };
  const text = JSON.stringify;
  const cases: readonly (readonly [string, Partial<DoorRequest>, string])[] = [
    [
      "{}",
      { method: "GET", headers: {} },
      "405 405 Method Not Allowed. Expecting one of { 'POST' }, but received 'GET'.",
    ],
    ["{}", { headers: {} }, "400 Expecting 'Content-Type' to be present"],
    [
      "{}",
      { headers: { "content-type": "text/plain" } },
      "415 Expecting 'Content-Type' of application/json or application/x-protobuf",
    ],
    [
      text({ ...ids }),
      { headers: json },
      "400 Failed to validate Executor::Call: Expecting 'type' to be present",
    ],
    [
      text({ ...ids, type: "SUBSCRIBE", subscribe: {} }),
      { headers: { ...json, accept: "text/html" } },
      "406 Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'",
    ],
    [text({ ...ids, type: "UNKNOWN" }), { headers: json }, "501 501 Not Implemented."],
    [
      text({ executor_id: { value: "e" }, framework_id: { value: "G" }, type: "SUBSCRIBE", subscribe: {} }),
      { headers: json },
      "400 Framework cannot be found",
    ],
    [
      text({ executor_id: { value: "x" }, framework_id: { value: "F" }, type: "SUBSCRIBE", subscribe: {} }),
      { headers: json },
      "400 Executor cannot be found",
    ],
    [
      text({ ...ids, type: "MESSAGE", message: { data: "" } }),
      { headers: json },
      "403 Executor is not subscribed",
    ],
    [text({ ...ids, executor_id: { value: "nobody" }, type: "HEARTBEAT" }), { headers: json }, "202 "],
  ];
  for (const [body, more, answer] of cases) assert.equal(textOf(new Door().post(body, more)), answer);
  for (const body of ["{", "[]", "", '{"type":7}', "{}"])
    assert.match(textOf(new Door().post(body)), /^400 Failed to (parse|convert)/);
});

test("no malformed body reaches the agent, and each is told to be the sender's mistake", () => {
  const door = new Door().subscribed();
  for (const { name, bytes } of malformedBodies()) {
    const answer = door.post(bytes);
    assert.ok(answer.kind === "body" && answer.status >= 400 && answer.status < 500, name);
  }
  assert.equal(door.inputs.length, 0);
});

test("a token is its executor's alone", () => {
  const door = new Door().subscribed();
  const refused = door.call(message, { executorToken: "token-of-nobody" });
  assert.match(textOf(refused), /^401 /);
  assert.match(
    refused.kind === "body" ? (refused.headers["WWW-Authenticate"] ?? "") : "",
    /^Bearer realm="mesos-agent-executor", error="invalid_token"/,
  );
  assert.equal(textOf(door.call(message, { executorToken: "" })).slice(0, 4), "401 ");
  for (const call of [message, update, subscribe])
    assert.equal(
      textOf(door.call(call, { executorToken: "token-of-other" })),
      "403 Authenticated principal '{ cid: c-other, eid: other, fid: F }' does not contain an " +
        "'eid' claim with the executor ID e, which is set in the call",
    );
  assert.equal(door.inputs.length, 0);
  assert.equal(textOf(door.call(message)), "202 ");
  assert.equal(textOf(door.call(message, { executorToken: undefined })), "202 ", "none is asked for");
});

test("an agent that recovers asks executors to come again", () => {
  const door = new Door();
  applyAgentRecord(door.state, {
    kind: "lifecycle",
    id: "self",
    value: { ...door.state.lifecycle, phase: "recovering" },
  });
  assert.equal(textOf(door.call(subscribe)), "503 Agent has not finished recovery");
  assert.equal(textOf(door.call(message)), "503 Agent has not finished recovery");
});

test("updates and messages reach the agent on sessions of their own, in either encoding", () => {
  const executor = { frameworkId: frameworkId("F"), executorId: executorId("e") };
  for (const encoding of ["json", "protobuf"] as const) {
    const door = new Door().subscribed();
    assert.equal(textOf(door.call(message, {}, encoding)), "202 ");
    assert.equal(textOf(door.call(update, { path: "/slave(1)/api/v1/executor" }, encoding)), "202 ");
    assert.deepEqual(door.inputs, [
      {
        type: "executor-call",
        session: "session-1",
        executor,
        call: { type: "message", data: "AQ==" },
      },
      {
        type: "executor-call",
        session: "session-2",
        executor,
        call: {
          type: "update",
          update: {
            taskId: taskId("t"),
            state: "running",
            source: "executor",
            reason: undefined,
            message: "",
            timestampMs: 7_000,
            healthy: undefined,
            updateId: updateId("07070707-0707-0707-0707-070707070707"),
            containerId: undefined,
            address: undefined,
            exit: undefined,
          },
        },
      },
    ]);
  }
});

test("what the agent refuses is told, and what it has no time for is asked for again", () => {
  const door = new Door().subscribed();
  for (const [code, status] of [
    ["unavailable", 503],
    ["forbidden", 403],
    ["not-found", 400],
    ["invalid", 400],
  ] as const) {
    door.rejection = reject(code, "no");
    assert.equal(textOf(door.call(message)), `${status} no`);
  }
});

test("a subscription is a stream of records, told to the agent when it is open and when its reader left", () => {
  for (const encoding of ["json", "protobuf"] as const) {
    const door = new Door();
    const answer = door.call(subscribe, {}, encoding);
    assert.ok(answer.kind === "stream");
    assert.equal(answer.headers["Content-Type"], mediaTypes[encoding]);
    assert.equal(door.inputs.length, 0, "nobody is subscribed before the stream is open");
    const chunks: Uint8Array[] = [];
    let ended = 0;
    const close = answer.open({
      write: (chunk) => void chunks.push(chunk as Uint8Array),
      end: () => {
        ended += 1;
      },
    });
    assert.deepEqual(
      door.inputs.map((input) => input.type === "executor-call" && input.call.type),
      ["subscribe"],
    );
    const session = sessionId("session-1");
    door.sessions.hear(session, { type: "kill", taskId: taskId("t"), graceMs: undefined });
    door.sessions.hear(sessionId("another"), { type: "shutdown" });
    const records = new RecordDecoder().push(chunks[0] ?? new Uint8Array(0));
    assert.ok(records.ok && records.records.length === 1 && chunks.length === 1);
    const event = decodeMessage(encoding, "executor.Event", records.records[0] ?? new Uint8Array(0));
    assert.equal(event.ok && event.value.type, "KILL");
    close();
    assert.equal(door.inputs.at(-1)?.type, "executor-closed");
    assert.equal(ended, 0);
  }
});

test("a session that the agent ends is over once", () => {
  const door = new Door();
  const answer = door.call(subscribe);
  assert.ok(answer.kind === "stream");
  let ended = 0;
  const close = answer.open({
    write: () => assert.fail("nothing is said on a closed session"),
    end: () => {
      ended += 1;
    },
  });
  const session = sessionId("session-1");
  door.sessions.closed(session);
  door.sessions.closed(session);
  door.sessions.hear(session, { type: "shutdown" });
  close();
  assert.equal(ended, 1);
  assert.deepEqual(
    door.inputs.map(({ type }) => type),
    ["executor-call"],
  );
});

test("a subscription that the agent refuses ends its stream", () => {
  const door = new Door();
  door.rejection = reject("not-found", "gone");
  const answer = door.call(subscribe);
  assert.ok(answer.kind === "stream");
  let ended = 0;
  answer.open({
    write: () => {},
    end: () => {
      ended += 1;
    },
  });
  assert.equal(ended, 1);
});
