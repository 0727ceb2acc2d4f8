/**
 * The wire format against the reference implementation, and what it allows that we do not write ourselves.
 *
 * `fixtures/reference-bytes.json` has messages of test/fixtures/mesos with the bytes that protobuf 3.21's own
 * Python library makes of them (deterministic serialization).
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { encodeUtf8 } from "../../../json/text.ts";
import type { MessageName } from "../../proto/tables.ts";
import { messageFromJson } from "../json/decode.ts";
import { messageToJson } from "../json/encode.ts";
import { messageFromProtobuf } from "./decode.ts";
import { messageToProtobuf } from "./encode.ts";

type Reference = {
  readonly file: string;
  readonly label: string;
  readonly name: MessageName;
  readonly json: string;
  readonly bytes: string;
};

const references: readonly Reference[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/reference-bytes.json"), "utf8"),
);

const decode = (name: MessageName, ...bytes: readonly number[]): unknown => {
  const outcome = messageFromProtobuf(name, Uint8Array.from(bytes));
  return outcome.ok ? outcome.value : assert.fail(outcome.detail);
};

test("protobuf: we write what the reference implementation writes, and read it", () => {
  assert.ok(references.length > 10);
  for (const { file, label, name, json, bytes } of references) {
    const message = messageFromJson(name, encodeUtf8(json));
    assert.ok(message.ok);
    const expected = Buffer.from(bytes, "base64");
    assert.deepEqual(
      Buffer.from(messageToProtobuf(name, message.value as never)),
      expected,
      `${file} ${label}`,
    );
    const again = messageFromProtobuf(name, expected);
    assert.ok(again.ok);
    assert.equal(messageToJson(name, again.value as never), messageToJson(name, message.value as never));
  }
});

test("protobuf: the published examples of the wire format hold", () => {
  // 150 is 96 01, and "testing" is its length and its letters.
  assert.deepEqual(
    Buffer.from(messageToProtobuf("TimeInfo", { nanoseconds: 150n })).toString("hex"),
    "089601",
  );
  assert.deepEqual(
    Buffer.from(messageToProtobuf("FrameworkID", { value: "testing" })).toString("hex"),
    "0a0774657374696e67",
  );
  // Negative numbers have ten bytes, whatever their type.
  const minusTwo = "08feffffffffffffffff01";
  assert.equal(Buffer.from(messageToProtobuf("TimeInfo", { nanoseconds: -2n })).toString("hex"), minusTwo);
  assert.deepEqual(decode("TimeInfo", ...Buffer.from(minusTwo, "hex")), { nanoseconds: -2n });
});

test("protobuf: a varint is read with all its 64 bits, also when it is longer than it need be", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      (begin, end) => {
        const bytes = messageToProtobuf("Value.Range", { begin, end });
        assert.deepEqual(decode("Value.Range", ...bytes), { begin, end });
      },
    ),
  );
  assert.deepEqual(decode("TimeInfo", 0x08, 0x81, 0x80, 0x80, 0x00), { nanoseconds: 1n });
  // A 32-bit field takes the lower half of what comes.
  assert.deepEqual(decode("Port", 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), {
    number: 2 ** 32 - 1,
  });
  // Any bit makes a truth.
  assert.deepEqual(decode("CommandInfo", 0x30, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01), { shell: true });
});

test("protobuf: repeated numbers are read packed and one by one", () => {
  const capabilities = ["CHOWN", "KILL"];
  const numbers = [1000, 1005].map((number) => [(number & 0x7f) | 0x80, number >> 7]);
  const single = numbers.flatMap((bytes) => [0x08, ...bytes]);
  const packed = [0x0a, 4, ...numbers.flat()];
  assert.deepEqual(decode("CapabilityInfo", ...single), { capabilities });
  assert.deepEqual(decode("CapabilityInfo", ...packed), { capabilities });
  assert.deepEqual(decode("CapabilityInfo", ...packed, ...single), {
    capabilities: [...capabilities, ...capabilities],
  });
  assert.ok(!messageFromProtobuf("CapabilityInfo", Uint8Array.of(0x0a, 2, 0xff, 0xff)).ok);
});

test("protobuf: what is not known is skipped: fields, values of enums, other wire types", () => {
  const id = [0x0a, 1, 0x66];
  assert.deepEqual(
    decode("FrameworkID", 0x78, 1, 0x79, 0, 0, 0, 0, 0, 0, 0, 0, 0x7a, 1, 9, 0x7d, 0, 0, 0, 0, ...id),
    {
      value: "f",
    },
  );
  assert.deepEqual(decode("FrameworkID", 0x08, 5, ...id), { value: "f" });
  assert.deepEqual(decode("scheduler.Call", 0x10, 0x7f), {});
  assert.deepEqual(decode("CapabilityInfo", 0x08, 1), {});
});

test("protobuf: a required enum with a value that is not known is missing", () => {
  const outcome = messageFromProtobuf("Resource", Uint8Array.of(0x0a, 1, 0x63, 0x10, 0x7f));
  assert.ok(!outcome.ok);
  assert.equal(outcome.why, "Failed to parse body into Resource protobuf");
  assert.equal(outcome.detail, "Missing required fields: type");
});

test("protobuf: of a field that comes twice the last counts, and messages are merged", () => {
  assert.deepEqual(decode("FrameworkID", 0x0a, 1, 0x61, 0x0a, 1, 0x62), { value: "b" });
  // ContainerID: value is 1, parent is 2.
  assert.deepEqual(
    decode("ContainerID", 0x0a, 1, 0x61, 0x12, 3, 0x0a, 1, 0x62, 0x12, 5, 0x12, 3, 0x0a, 1, 0x63),
    { value: "a", parent: { value: "b", parent: { value: "c" } } },
  );
  // Of a oneof the last that was set.
  assert.deepEqual(decode("scheduler.AttributeConstraint.Selector", 0x08, 1, 0x12, 1, 0x61), {
    attribute_name: "a",
  });
  assert.deepEqual(decode("scheduler.AttributeConstraint.Selector", 0x12, 1, 0x61, 0x08, 1), {
    pseudoattribute_type: "HOSTNAME",
  });
});

test("protobuf: an entry of a map may lack its key or its value", () => {
  const offers = (...entry: readonly number[]): unknown =>
    decode("FrameworkInfo", 0x0a, 1, 0x75, 0x12, 1, 0x6e, 0x6a, entry.length, ...entry);
  const info = { user: "u", name: "n" };
  assert.deepEqual(offers(), { ...info, offer_filters: new Map([["", {}]]) });
  assert.deepEqual(offers(0x0a, 1, 0x72), { ...info, offer_filters: new Map([["r", {}]]) });
  assert.deepEqual(offers(0x18, 1, 0x12, 0), { ...info, offer_filters: new Map([["", {}]]) });
});

test("protobuf: a text keeps its byte order mark, and long texts are like short ones", () => {
  for (const value of [
    "\ufeffa",
    "é",
    "x".repeat(48),
    "x".repeat(49),
    "é".repeat(100),
    "\u{1f600}".repeat(40),
  ]) {
    const outcome = messageFromProtobuf("FrameworkID", messageToProtobuf("FrameworkID", { value }));
    assert.ok(outcome.ok);
    assert.equal(outcome.value.value, value);
  }
});
