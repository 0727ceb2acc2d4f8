/**
 * Calls on a task's own container, by the token of an executor, and the list of what is nested.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageOf } from "#wire/mesos/proto/tables.ts";
import {
  contextWith,
  data,
  encode,
  json,
  nested,
  Played,
  record,
  recordHeaders,
  send,
  statusOf,
} from "../../../../test/support/session-calls.ts";

test("a task's own output is followed, and its terminal typed into", () => {
  const played = new Played();
  const context = contextWith(played);
  const own = { value: "c1" };
  const recordio = { ...json, accept: "application/recordio", "message-accept": "application/json" };
  const call = { type: "ATTACH_CONTAINER_OUTPUT", attach_container_output: { container_id: own } };
  const output = send(context, recordio, encode(call));
  assert.ok(played.reader !== undefined);
  assert.equal(output.answers.length, 1);
  played.hasTerminal = true;
  const input = send(context, recordHeaders, new Uint8Array(0));
  input.body?.chunk(record({ type: "CONTAINER_ID", container_id: own }));
  input.body?.chunk(data("typed"));
  assert.deepEqual(played.typed, ["typed"]);
  input.body?.ended(true);
  assert.deepEqual(statusOf(input), [200, ""]);
});

test("an executor's own token is good for what is nested in its container, and for nothing else", () => {
  const played = new Played();
  const context = contextWith(played);
  const call = (type: string, container_id: object, token: string) =>
    statusOf(
      send(
        context,
        json,
        encode({ type, [type.toLowerCase()]: { container_id, command: { value: "ls" } } }),
        token,
      ),
    )[0];
  const inOwn = { value: "s1", parent: { value: "e1" } };
  const deeper = { value: "s2", parent: inOwn };
  assert.equal(call("LAUNCH_NESTED_CONTAINER", inOwn, "own"), 200);
  assert.equal(call("LAUNCH_NESTED_CONTAINER", deeper, "own"), 200);
  assert.equal(call("KILL_NESTED_CONTAINER", inOwn, "own"), 200);
  assert.equal(call("LAUNCH_NESTED_CONTAINER", nested, "own"), 403);
  assert.equal(call("KILL_CONTAINER", { value: "e1" }, "own"), 403);
  assert.equal(call("LAUNCH_NESTED_CONTAINER", inOwn, "somebody's"), 401);
  assert.equal(statusOf(send(context, json, encode({ type: "GET_STATE" }), "own"))[0], 403);
  assert.deepEqual(played.launched, ["e1/s1", "e1/s1.s2"]);
  const typing = (container_id: MessageOf<"ContainerID">) => {
    const input = send(context, recordHeaders, new Uint8Array(0), "own");
    input.body?.chunk(record({ type: "CONTAINER_ID", container_id }));
    input.body?.ended(true);
    return statusOf(input)[0];
  };
  assert.equal(typing(inOwn), 200);
  assert.equal(typing(nested), 403);
});

test("what runs beside a task is listed with its container, if it is asked for", () => {
  const context = contextWith(new Played());
  const launchIt = { container_id: nested, command: { value: "ls" } };
  send(context, json, encode({ type: "LAUNCH_NESTED_CONTAINER", launch_nested_container: launchIt }));
  const list = (show_nested: boolean): readonly object[] =>
    JSON.parse(
      statusOf(send(context, json, encode({ type: "GET_CONTAINERS", get_containers: { show_nested } })))[1],
    ).get_containers.containers.map(({ container_id }: { container_id: object }) => container_id);
  assert.deepEqual(list(false), [{ value: "c1" }, { value: "e1" }]);
  assert.deepEqual(list(true), [{ value: "c1" }, { value: "e1" }, nested]);
});
