/**
 * The calls on nested containers, on a played port: what goes over the wire, what is refused, who waits for whom.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAgentState } from "#core/agent/state.ts";
import type { AgentContext } from "#doors/endpoint.ts";
import { agentId, containerId, frameworkId, roleName } from "#model/ids.ts";
import type { TerminalSize } from "#model/session.ts";
import type { TaskExit } from "#model/task.ts";
import type { BodyAnswer, BodyReader, DoorAnswer, FlowSource, Headers } from "#ports/door.ts";
import type { SessionReader, Sessions, SessionWriter } from "#ports/sessions.ts";
import { decodeMessage, type Encoding, encodeMessage } from "#wire/mesos/codec/encoding.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import { agentInfo, taskSpec } from "../../../../test/support/master-fixtures.ts";
import { agentMesosEndpoints } from "./endpoints.ts";

/** One container, `c1`, and in it whatever is launched; nothing happens but by hand. */
class Played implements Sessions {
  readonly launched: string[] = [];
  readonly killed: string[] = [];
  readonly typed: string[] = [];
  readonly sizes: TerminalSize[] = [];
  reader: SessionReader | undefined;
  writer: SessionWriter | undefined;
  exit: ((exit: TaskExit) => void) | undefined;
  resumed = 0;
  isFull = false;
  launch(spec: Parameters<Sessions["launch"]>[0], done: Parameters<Sessions["launch"]>[1]): void {
    this.launched.push(`${spec.container}/${spec.name}`);
    done(undefined);
  }
  attachOutput(_key: unknown, reader: SessionReader) {
    this.reader = reader;
    return {
      resume: () => {
        this.resumed += 1;
      },
      detach: () => {
        this.reader = undefined;
      },
    };
  }
  attachInput(_key: unknown, writer: SessionWriter): ReturnType<Sessions["attachInput"]> {
    if (this.writer !== undefined) return "taken";
    this.writer = writer;
    return {
      write: (bytes) => {
        this.typed.push(new TextDecoder().decode(bytes));
        return !this.isFull;
      },
      resize: (size) => void this.sizes.push(size),
      end: () => void this.typed.push("END"),
      detach: () => {
        this.writer = undefined;
      },
    };
  }
  wait(_key: unknown, done: (exit: TaskExit) => void) {
    this.exit = done;
    return () => {
      this.exit = undefined;
    };
  }
  kill({ name }: { readonly name: string }, signal: number): boolean {
    this.killed.push(`${name} ${signal}`);
    return true;
  }
  remove(): "running" {
    return "running";
  }
}

function contextWith(sessions: Sessions | undefined): AgentContext {
  const info = agentInfo("agent-1");
  const state = createAgentState({ info, masterTimeoutMs: 1_000, allowRoot: false });
  state.tasks.set("F1/t1", {
    spec: taskSpec("t1", agentId("S1")),
    frameworkId: frameworkId("F1"),
    role: roleName("web"),
    containerId: containerId("c1"),
    phase: "running",
    pid: 42,
    launchedAtMs: 1_000,
    startedAtMs: 1_000,
    killing: undefined,
    healthy: undefined,
    exit: undefined,
    state: "running",
    latest: undefined,
  });
  const nowhere = (done: (refusal: { ok: false; code: "not-found"; message: string }) => void): void =>
    done({ ok: false, code: "not-found", message: "nothing" });
  return {
    agent: { read: (view, done) => done(view(state, 5_000)) },
    files: {
      browse: (_path, done) => nowhere(done),
      read: (_path, _offset, _length, done) => nowhere(done),
      open: (_path, done) => nowhere(done),
      attached: () => ({}),
    },
    info,
    startedAtMs: 1_000,
    sessions,
    sandboxPath: () => "/",
  };
}

type Sent = { readonly answers: DoorAnswer[]; readonly body: BodyReader | undefined; paused: boolean };

function send(context: AgentContext, headers: Headers, body: Uint8Array): Sent {
  const endpoint = agentMesosEndpoints.find(({ method, path }) => method === "POST" && path === "/api/v1");
  assert.ok(endpoint !== undefined);
  const sent: { answers: DoorAnswer[]; body: BodyReader | undefined; paused: boolean } = {
    ...{ answers: [], body: undefined, paused: false },
  };
  const stream = {
    read: (reader: BodyReader) => {
      sent.body = reader;
    },
    pause: () => {
      sent.paused = true;
    },
    resume: () => {
      sent.paused = false;
    },
  };
  const isStream = endpoint.streams?.(headers) === true;
  const request = {
    ...{ method: "POST", path: "/api/v1", params: {}, query: new URLSearchParams(), queryText: "" },
    ...{ headers, body, remoteAddress: "", ...(isStream ? { stream } : {}) },
  };
  const respond = (answer: DoorAnswer): void => {
    sent.answers.push(answer);
    if (answer.kind === "later") answer.wait(respond);
  };
  endpoint.handle(request, context, respond);
  return sent;
}

const json = { "content-type": "application/json" };
const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const nested = { value: "s1", parent: { value: "c1" } };
const statusOf = ({ answers }: Sent): readonly [number, string] => {
  const answer = answers.at(-1) as BodyAnswer;
  const { body } = answer;
  return [answer.status, typeof body === "string" ? body : new TextDecoder().decode(body)];
};

const launchCall = {
  type: "LAUNCH_NESTED_CONTAINER_SESSION",
  launch_nested_container_session: { container_id: nested, command: { value: "ls" } },
};

for (const encoding of ["json", "protobuf"] as const)
  test(`a session's output comes as records of ${encoding}, held back by who reads it`, () => {
    const played = new Played();
    const messages = encoding === "json" ? "application/json" : "application/x-protobuf";
    const headers = { ...json, accept: "application/recordio", "message-accept": messages };
    const { answers } = send(contextWith(played), headers, encode(launchCall));
    const [answer] = answers;
    assert.ok(answer?.kind === "flow");
    assert.deepEqual(answer.headers, {
      "Content-Type": "application/recordio",
      "Message-Content-Type": messages,
    });
    assert.deepEqual(played.launched, ["c1/s1"]);
    assert.equal(played.reader?.output("stderr", new Uint8Array([1])), false, "before the answer is out");
    const written: Uint8Array[] = [];
    let ends = 0;
    const source: FlowSource = answer.open({
      write: (chunk) => {
        written.push(chunk);
        return written.length < 2;
      },
      end: () => {
        ends += 1;
      },
    });
    assert.equal(played.resumed, 1);
    assert.equal(played.reader?.output("stdout", new Uint8Array([2])), false);
    source.resume();
    assert.equal(played.resumed, 2);
    assert.deepEqual(readAll(encoding, written), [
      { type: "DATA", data: { type: "STDERR", data: new Uint8Array([1]) } },
      { type: "DATA", data: { type: "STDOUT", data: new Uint8Array([2]) } },
    ]);
    played.reader?.ended();
    assert.equal(ends, 1);
    source.closed();
    assert.deepEqual(played.killed, ["s1 9"], "who goes takes the session along");
  });

function readAll(encoding: Encoding, chunks: readonly Uint8Array[]): readonly unknown[] {
  const decoder = new RecordDecoder();
  return chunks.flatMap((chunk) =>
    decoder.push(chunk).records.map((record) => {
      const message = decodeMessage(encoding, "agent.ProcessIO", record);
      assert.ok(message.ok);
      return { type: message.value.type, data: { ...message.value.data } };
    }),
  );
}

const recordHeaders = {
  "content-type": "application/recordio",
  "message-content-type": "application/x-protobuf",
};
const record = (input: Parameters<typeof encodeMessage<"agent.Call">>[2]["attach_container_input"]) =>
  encodeRecord(
    encodeMessage("protobuf", "agent.Call", {
      type: "ATTACH_CONTAINER_INPUT",
      ...(input === undefined ? {} : { attach_container_input: input }),
    }),
  );
const first = record({ type: "CONTAINER_ID", container_id: nested });
const data = (text: string) =>
  record({
    type: "PROCESS_IO",
    process_io: { type: "DATA", data: { type: "STDIN", data: new TextEncoder().encode(text) } },
  });

test("what is typed goes in one after the other, and waits while the command does not read", () => {
  const played = new Played();
  const sent = send(contextWith(played), recordHeaders, new Uint8Array(0));
  const all = Buffer.concat([first, data("one"), data("two"), data("")]);
  played.isFull = true;
  // Cut anywhere.
  for (const byte of all) sent.body?.chunk(new Uint8Array([byte]));
  assert.deepEqual(played.typed, ["one"]);
  assert.equal(sent.paused, true);
  played.isFull = false;
  played.writer?.ready();
  assert.deepEqual(played.typed, ["one", "two", "END"]);
  assert.equal(sent.paused, false);
  const window_size = { rows: 3, columns: 4 };
  sent.body?.chunk(
    record({
      type: "PROCESS_IO",
      process_io: { type: "CONTROL", control: { type: "TTY_INFO", tty_info: { window_size } } },
    }),
  );
  assert.deepEqual(played.sizes, [{ columns: 4, rows: 3 }]);
  const second = send(contextWith(played), recordHeaders, new Uint8Array(0));
  second.body?.chunk(first);
  assert.deepEqual(statusOf(second), [409, "Multiple input connections are not allowed"]);
  sent.body?.ended(true);
  assert.deepEqual(statusOf(sent), [200, ""]);
  assert.equal(played.writer, undefined);
});

test("records that are none, or say nothing that can be done, end the stream and nothing else", () => {
  const unknown = record({ type: "CONTAINER_ID", container_id: { value: "x", parent: { value: "nope" } } });
  const cases: readonly (readonly [string, readonly Uint8Array[], number, RegExp])[] = [
    ["no length", [encodeText("x")], 400, /byte 120/],
    ["too long", [encodeText("99999999999\n")], 400, /longer than/],
    ["cut off", [first, data("x").subarray(0, 5)], 400, /ended inside a record/],
    ["nothing", [], 400, /Received EOF/],
    ["no message", [encodeRecord(encodeText("\xff\xff"))], 400, /./],
    ["no container", [data("x")], 400, /to be CONTAINER_ID/],
    ["an unknown one", [unknown], 404, /Container nope.x cannot be found/],
    ["the task's own", [record({ type: "CONTAINER_ID", container_id: { value: "c1" } })], 501, /closed/],
    ["a container again", [first, first], 400, /to be 'PROCESS_IO' instead of: 'CONTAINER_ID'/],
    [
      "no data",
      [first, record({ type: "PROCESS_IO", process_io: { type: "DATA" } })],
      400,
      /process_io.data'/,
    ],
  ];
  for (const [name, chunks, status, text] of cases) {
    const played = new Played();
    const sent = send(contextWith(played), recordHeaders, new Uint8Array(0));
    for (const chunk of chunks) sent.body?.chunk(chunk);
    sent.body?.ended(true);
    const [got, words] = statusOf(sent);
    assert.equal(got, status, `${name}: ${words}`);
    assert.match(words, text, name);
    assert.equal(sent.answers.length, 2, `${name}: one answer, later`);
    assert.equal(played.writer, undefined, name);
  }
});

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text);

test("waiting, killing and removing say what became of it", () => {
  const played = new Played();
  const context = contextWith(played);
  const call = (type: string, more: object = {}) =>
    send(context, json, encode({ type, [type.toLowerCase()]: { container_id: nested, ...more } }));
  for (const [exit, status] of [
    [{ kind: "code", code: 3 }, 3 << 8],
    [{ kind: "signal", signal: 9 }, 9],
  ] as const) {
    const waiting = call("WAIT_NESTED_CONTAINER");
    assert.equal(waiting.answers.length, 1);
    played.exit?.(exit);
    const shown = JSON.parse(statusOf(waiting)[1]);
    assert.deepEqual(shown, {
      type: "WAIT_NESTED_CONTAINER",
      wait_nested_container: { exit_status: status },
    });
  }
  assert.equal(statusOf(call("KILL_CONTAINER", { signal: 15 }))[0], 200);
  assert.deepEqual(played.killed, ["s1 15"]);
  assert.equal(statusOf(call("KILL_CONTAINER", { signal: 99 }))[0], 400);
  assert.equal(statusOf(call("REMOVE_NESTED_CONTAINER"))[0], 500);
  assert.equal(statusOf(call("LAUNCH_NESTED_CONTAINER", { command: { value: "ls" } }))[0], 200);
});

test("what a nested container cannot have is refused by name", () => {
  const context = contextWith(new Played());
  const launch = (more: object): readonly [number, string] =>
    statusOf(
      send(
        context,
        json,
        encode({
          type: "LAUNCH_NESTED_CONTAINER",
          launch_nested_container: { container_id: nested, command: { value: "ls" }, ...more },
        }),
      ),
    );
  for (const [more, text] of [
    [{ container_id: { value: "s1" } }, /parent' to be present/],
    [{ container_id: { value: "../s1", parent: { value: "c1" } } }, /letters, digits/],
    [{ command: { value: "ls", user: "root" } }, /command.user/],
    [{ container: { type: "MESOS", volumes: [{ mode: "RW", container_path: "x" }] } }, /only 'tty_info'/],
    [{ container: { type: "MESOS", tty_info: { window_size: { rows: 0, columns: 5 } } } }, /between 1 and/],
  ] as const) {
    const [status, words] = launch(more);
    assert.equal(status, 400, words);
    assert.match(words, text);
  }
  assert.deepEqual(launch({ container_id: { value: "s1", parent: { value: "nope" } } }), [
    404,
    "Container nope.s1 cannot be found",
  ]);
  const [status] = statusOf(send(contextWith(undefined), json, encode(launchCall)));
  assert.equal(status, 501);
});

test("media types of streams are Mesos's", () => {
  const context = contextWith(new Played());
  const recordio = { ...json, accept: "application/recordio" };
  assert.equal(statusOf(send(context, recordio, encode({ type: "GET_HEALTH" })))[0], 406);
  const bad = { ...recordio, "message-accept": "text/html" };
  assert.equal(statusOf(send(context, bad, encode(launchCall)))[0], 406);
  const input = { type: "ATTACH_CONTAINER_INPUT", attach_container_input: { type: "CONTAINER_ID" } };
  assert.equal(statusOf(send(context, json, encode(input)))[0], 415);
  const plain = { "content-type": "application/recordio" };
  assert.equal(statusOf(send(context, plain, new Uint8Array(0)))[0], 400);
});
