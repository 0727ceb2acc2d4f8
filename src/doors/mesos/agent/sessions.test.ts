/**
 * The calls on nested containers, on a played port: what goes over the wire, what is refused, who waits for whom.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { noResources } from "#model/resources.ts";
import type { FlowSource } from "#ports/door.ts";
import { decodeMessage, type Encoding } from "#wire/mesos/codec/encoding.ts";
import { encodeRecord } from "#wire/record-io/encode-record.ts";
import { RecordDecoder } from "#wire/record-io/record-decoder.ts";
import {
  contextWith,
  data,
  encode,
  first,
  json,
  nested,
  Played,
  record,
  recordHeaders,
  send,
  statusOf,
} from "../../../../test/support/session-calls.ts";

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

const ofParent = { type: "SANDBOX_PATH", sandbox_path: { type: "PARENT", path: "pool" } };
const volumes = (more: object) => ({
  container: { type: "MESOS", volumes: [{ mode: "RW", container_path: "x", ...more }] },
});

test("a nested container is asked for as it was said: its user, bounds and volumes", () => {
  const played = new Played();
  const launch = (type: string, more: object): readonly [number, string] =>
    statusOf(
      send(
        contextWith(played),
        json,
        encode({ type, [type.toLowerCase()]: { container_id: nested, command: { value: "ls" }, ...more } }),
      ),
    );
  const rlimit_info = { rlimits: [{ type: "RLMT_NOFILE", soft: 5, hard: 6 }] };
  const container = { ...volumes({ source: ofParent }).container, rlimit_info };
  for (const type of ["LAUNCH_NESTED_CONTAINER", "LAUNCH_CONTAINER"]) {
    assert.deepEqual(launch(type, { command: { value: "ls", user: "daemon" }, container }), [200, ""]);
    const { user, rlimits, volumes, isDetached } = played.asked ?? {};
    assert.deepEqual([user, isDetached], ["daemon", true]);
    assert.deepEqual(rlimits, [{ type: "nofile", soft: 5, hard: 6 }]);
    assert.deepEqual(volumes, [{ containerPath: "x", of: "parent", path: "pool" }]);
  }
  const ofSession = launch("LAUNCH_NESTED_CONTAINER_SESSION", { container });
  assert.equal(ofSession[0], 400);
  assert.match(ofSession[1], /not for sessions/);
  const amounts = { resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 1 } }] };
  assert.match(launch("LAUNCH_CONTAINER", amounts)[1], /'resources', 'limits'/);
  const own = { type: "MESOS", linux_info: { share_cgroups: false } };
  const limits = { mem: { value: 32 } };
  assert.deepEqual(launch("LAUNCH_CONTAINER", { ...amounts, limits, container: own }), [200, ""]);
  const { group } = played.asked ?? {};
  assert.deepEqual([group?.resources.cpus, group?.resources.mem, group?.limits], [1_000, 0, { mem: 32_000 }]);
  assert.deepEqual(launch("LAUNCH_NESTED_CONTAINER", { container: own }), [200, ""]);
  assert.deepEqual(played.asked?.group, { resources: noResources, limits: {} });
  const disk = { resources: [{ name: "disk", type: "SCALAR", scalar: { value: 1 } }], container: own };
  assert.match(launch("LAUNCH_CONTAINER", disk)[1], /cpus and mem of its own, and no 'disk'/);
  assert.equal(launch("LAUNCH_CONTAINER", { container_id: { value: "alone" } })[0], 501);
  for (const [code, status] of [["forbidden", 403] as const, ["refused", 400] as const]) {
    played.refusal = { code, message: "no" };
    assert.deepEqual(launch("LAUNCH_NESTED_CONTAINER", {}), [status, "no"]);
  }
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
    [{ command: { value: "ls", uris: [{ value: "http://x/y" }] } }, /'command.uris'/],
    [
      { container: { type: "MESOS", mesos: { image: { type: "DOCKER", docker: { name: "a" } } } } },
      /an image/,
    ],
    [{ container: { type: "MESOS", network_infos: [{ name: "n" }] } }, /network_infos/],
    [
      { container: { type: "MESOS", linux_info: { share_cgroups: false }, tty_info: {} } },
      /Control groups of its own are not supported/,
    ],
    [
      {
        container_id: { value: "s2", parent: nested },
        container: { type: "MESOS", linux_info: { share_cgroups: false } },
      },
      /second level or greater cannot set 'share_cgroups' to 'false'/,
    ],
    [{ container: { type: "MESOS", linux_info: { shm_size: 5 } } }, /settings/],
    [{ container: { type: "MESOS", volumes: [{ mode: "RW", container_path: "x" }] } }, /must be set/],
    [volumes({ host_path: "/etc" }), /The volume 'x' is not supported/],
    [volumes({ source: ofParent, mode: "RO" }), /'RW'/],
    [volumes({ source: ofParent, container_path: "/x" }), /of its own sandbox/],
    [{ container: { ...volumes({ source: ofParent }).container, tty_info: {} } }, /tty_info/],
    [
      { container: { type: "MESOS", rlimit_info: { rlimits: [{ type: "RLMT_CORE", soft: 5 }] } } },
      /both a soft and a hard/,
    ],
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
