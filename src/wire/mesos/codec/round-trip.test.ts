/**
 * Every message type, through both encodings and across them.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeUtf8 } from "#wire/json/text.ts";
import { anyMessage, messageNames, withDefaults } from "../../../../test/support/mesos-messages.ts";
import type { MessageName } from "../proto/tables.ts";
import type { Decoded } from "./decoded.ts";
import { messageFromJson } from "./json/decode.ts";
import { messageToJson } from "./json/encode.ts";
import type { Fields } from "./plan.ts";
import { messageFromProtobuf } from "./protobuf/decode.ts";
import { messageToProtobuf } from "./protobuf/encode.ts";

const runs = { numRuns: 25 };

function taken(outcome: Decoded<unknown>): Fields {
  if (!outcome.ok) assert.fail(outcome.detail);
  return outcome.value as Fields;
}

const toJson = (name: MessageName, message: Fields): string => messageToJson(name, message as never);
const fromJson = (name: MessageName, text: string): Fields => taken(messageFromJson(name, encodeUtf8(text)));
const toProtobuf = (name: MessageName, message: Fields): Uint8Array =>
  messageToProtobuf(name, message as never);
const fromProtobuf = (name: MessageName, bytes: Uint8Array): Fields =>
  taken(messageFromProtobuf(name, bytes));

function forEveryMessage(check: (name: MessageName, message: Fields) => void): void {
  assert.ok(messageNames.length > 300);
  for (const name of messageNames) {
    fc.assert(
      fc.property(anyMessage(name), (message) => check(name, message)),
      runs,
    );
  }
}

test("round trip: protobuf gives the message back, and the same bytes for it again", () => {
  forEveryMessage((name, message) => {
    const bytes = toProtobuf(name, message);
    const again = fromProtobuf(name, bytes);
    assert.deepEqual(again, message, name);
    assert.deepEqual(toProtobuf(name, again), bytes, name);
  });
});

test("round trip: JSON gives the message back with its defaults, and the same text for it again", () => {
  forEveryMessage((name, message) => {
    const text = toJson(name, message);
    const again = fromJson(name, text);
    assert.deepEqual(again, withDefaults(name, message), name);
    assert.equal(toJson(name, again), text, name);
    JSON.parse(text);
  });
});

test("round trip: across the encodings nothing is lost", () => {
  forEveryMessage((name, message) => {
    const text = toJson(name, message);
    const acrossProtobuf = fromProtobuf(name, toProtobuf(name, fromJson(name, text)));
    assert.equal(toJson(name, acrossProtobuf), text, name);
    const bytes = toProtobuf(name, withDefaults(name, message));
    const acrossJson = fromJson(name, toJson(name, fromProtobuf(name, bytes)));
    assert.deepEqual(toProtobuf(name, acrossJson), bytes, name);
  });
});

test("round trip: a message that is none is our bug, and not written", () => {
  const wrong: readonly (readonly [MessageName, Fields])[] = [
    ["FrameworkID", {}],
    ["Offer", { id: { value: "o" } }],
    ["Port", { number: -1 }],
    ["Port", { number: 1.5 }],
    ["Port", { number: 2 ** 32 }],
    ["TaskStatus", { task_id: { value: "t" }, state: "TASK_NOPE" }],
    ["TimeInfo", { nanoseconds: 2n ** 63n }],
    ["Value.Range", { begin: -1n, end: 0n }],
    ["RLimitInfo.RLimit", { type: "RLMT_AS", hard: 2n ** 64n }],
    ["AgentInfo", { hostname: "h", port: 2 ** 31 }],
  ];
  for (const [name, message] of wrong) {
    assert.throws(() => toJson(name, message), /AssertionFailure/, name);
    assert.throws(() => toProtobuf(name, message), /AssertionFailure/, name);
  }
});
