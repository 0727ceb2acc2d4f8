/**
 * Bytes that are no message: the decoders answer, whatever they get, and what they take can be written again.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { encodeUtf8 } from "#wire/json/text.ts";
import { anyMessage, messageNames } from "../../../../test/support/mesos-messages.ts";
import type { MessageName } from "../proto/tables.ts";
import type { Encoding } from "./encoding.ts";
import { decodeMessage, encodeMessage } from "./encoding.ts";

/** Decodes; if that worked, what came out survives another way through the encoding. */
function probe(encoding: Encoding, name: MessageName, bytes: Uint8Array): boolean {
  const outcome = decodeMessage(encoding, name, bytes);
  if (!outcome.ok) {
    assert.match(outcome.why, /^Failed to (?:parse body into|convert JSON into)/);
    assert.ok(outcome.detail.length > 0);
    return false;
  }
  const again = decodeMessage(encoding, name, encodeMessage(encoding, name, outcome.value));
  assert.ok(again.ok);
  return true;
}

type Mutation = { readonly at: number; readonly remove: number; readonly insert: Uint8Array };

const anyMutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 4 }),
  insert: fc.uint8Array({ maxLength: 4 }),
});

function mutate(bytes: Uint8Array, { at, remove, insert }: Mutation): Uint8Array {
  const index = Math.floor(at * bytes.length);
  return Uint8Array.from([...bytes.subarray(0, index), ...insert, ...bytes.subarray(index + remove)]);
}

for (const encoding of ["protobuf", "json"] as const) {
  test(`malformed: ${encoding}: any bytes are answered, for any message`, () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...messageNames), fc.uint8Array({ maxLength: 64 }), (name, bytes) => {
        if (probe(encoding, name, bytes)) taken += 1;
      }),
      { numRuns: 3_000 },
    );
    assert.ok(encoding === "json" || taken > 0, "random bytes are sometimes a message");
  });

  test(`malformed: ${encoding}: a message with some bytes changed is answered`, () => {
    let taken = 0;
    let refused = 0;
    for (const name of messageNames) {
      fc.assert(
        fc.property(
          anyMessage(name),
          fc.array(anyMutation, { minLength: 1, maxLength: 3 }),
          (message, mutations) => {
            const bytes = encodeMessage(encoding, name, message as never);
            if (probe(encoding, name, mutations.reduce(mutate, bytes))) taken += 1;
            else refused += 1;
          },
        ),
        { numRuns: 10 },
      );
    }
    assert.ok(taken > 0 && refused > 0);
  });
}

const refusal = (encoding: Encoding, name: MessageName, bytes: Uint8Array): string => {
  const outcome = decodeMessage(encoding, name, bytes);
  return outcome.ok ? assert.fail("it was taken") : outcome.detail;
};

test("malformed: as deep as the limit passes, one deeper does not", () => {
  const json = (depth: number): Uint8Array =>
    encodeUtf8(`${'{"value":"c","parent":'.repeat(depth - 1)}{"value":"c"}${"}".repeat(depth - 1)}`);
  const depthMax = Math.min(limits.jsonDepthMax, limits.mesosMessageDepthMax);
  assert.ok(decodeMessage("json", "ContainerID", json(depthMax)).ok);
  assert.match(refusal("json", "ContainerID", json(depthMax + 1)), /nested deeper than 64 levels/);

  const deepest = decodeMessage("json", "ContainerID", json(limits.mesosMessageDepthMax));
  assert.ok(deepest.ok);
  assert.ok(probe("protobuf", "ContainerID", encodeMessage("protobuf", "ContainerID", deepest.value)));
  const deeper = { value: "c", parent: deepest.value };
  assert.match(
    refusal("protobuf", "ContainerID", encodeMessage("protobuf", "ContainerID", deeper)),
    /nested deeper than 64 levels/,
  );
});

test("malformed: a hundred thousand levels cost no stack", () => {
  const levels = 100_000;
  const text = `${'{"parent":'.repeat(levels)}{}${"}".repeat(levels)}`;
  assert.match(refusal("json", "ContainerID", encodeUtf8(text)), /nested deeper/);
  assert.match(refusal("json", "ContainerID", encodeUtf8("[".repeat(levels))), /nested deeper/);
  const starts = Uint8Array.from({ length: levels }, (_, index) => (index % 2 === 0 ? 0x12 : 0x7f));
  assert.match(refusal("protobuf", "ContainerID", starts), /beyond the end/);
});

test("malformed: bodies over the limit are not looked at", () => {
  const long = new Uint8Array(limits.mesosMessageBytesMax + 1);
  assert.match(refusal("json", "FrameworkID", long), /at most 16777216 are taken/);
  assert.match(refusal("protobuf", "FrameworkID", long), /at most 16777216 are taken/);
});

test("malformed: a large body of the smallest pieces is still answered", () => {
  const count = 300_000;
  const pieces = new Uint8Array(count * 2);
  for (let index = 0; index < count; index += 1) pieces[index * 2] = (1 << 3) | 2;
  // As many labels, each without its key.
  const missing = refusal("protobuf", "Labels", pieces);
  assert.equal(missing.split(", ").length, 100);
  assert.ok(missing.startsWith("Missing required fields: labels[0].key, labels[1].key"));
  // As many merges into one message (field 2 of an offer), and as many unknown fields.
  const merges = pieces.map((_, index) => (index % 2 === 0 ? (2 << 3) | 2 : 0));
  assert.match(refusal("protobuf", "Offer", merges), /framework_id\.value/);
  const unknown = pieces.map((_, index) => (index % 2 === 0 ? (15 << 3) | 0 : 1));
  assert.ok(probe("protobuf", "Labels", unknown));
  assert.match(
    refusal("json", "Labels", encodeUtf8(`{"labels":[${"{},".repeat(count)}{}]}`)),
    /labels\[99\]/,
  );
  assert.ok(probe("json", "Labels", encodeUtf8(`{"x":[${"1234567890123456789,".repeat(30_000)}1]}`)));
  assert.match(refusal("json", "Labels", encodeUtf8(`{"x":${"9".repeat(count)}`)), /syntax error/);
  assert.ok(probe("json", "Labels", encodeUtf8(`{"x":${"9".repeat(count)}}`)));
});

test("malformed: protobuf: each way of being wrong has its words", () => {
  const detail = (...bytes: number[]): string =>
    refusal("protobuf", "scheduler.Call.Subscribe", Uint8Array.from(bytes));
  assert.match(detail(), /Missing required fields: framework_info/);
  assert.match(detail(0x80), /ends inside a number/);
  assert.match(detail(...new Array<number>(11).fill(0xff)), /longer than 10 bytes/);
  assert.match(detail(0x02), /a tag is not one/);
  assert.match(detail(0x0a, 0x05, 0x00), /beyond the end/);
  assert.match(detail(0x0b), /wire type 3/);
  assert.match(detail(0x0f), /wire type 7/);
  assert.match(detail(0x79, 1, 2, 3), /ends inside a field/);
  const text = (...bytes: number[]): string =>
    refusal("protobuf", "FrameworkID", Uint8Array.from([0x0a, bytes.length, ...bytes]));
  assert.match(text(0xff), /not valid UTF-8/);
  assert.match(text(0x61, 0x00), /NUL/);
});
