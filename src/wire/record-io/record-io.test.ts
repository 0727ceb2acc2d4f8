/**
 * RecordIO: what was written comes out again however it is cut, and what is no record ends the stream.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { encodeUtf8 } from "../json/text.ts";
import { encodeRecord } from "./encode-record.ts";
import { RecordDecoder, type Records } from "./record-decoder.ts";

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** The bytes in chunks whose lengths go round through `sizes`. */
function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const anyRecords = fc.array(fc.uint8Array({ maxLength: 3_000, size: "max" }), { maxLength: 8 });
const anySizes = fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 5 });

const decodeAll = (chunks: readonly Uint8Array[]): Records => {
  const decoder = new RecordDecoder();
  const records: Uint8Array[] = [];
  for (const chunk of chunks) records.push(...decoder.push(chunk).records);
  return { ...decoder.end(), records };
};

test("record-io: records come out as they went in, wherever the stream is cut", () => {
  fc.assert(
    fc.property(
      anyRecords,
      anySizes.filter((sizes) => sizes.some((size) => size > 0)),
      (records, sizes) => {
        const outcome = decodeAll(cut(joined(records.map(encodeRecord)), sizes));
        assert.ok(outcome.ok);
        assert.deepEqual(
          outcome.records.map((record) => [...record]),
          records.map((record) => [...record]),
        );
      },
    ),
    { numRuns: 60 },
  );
});

test("record-io: no bytes make it throw, and a fault is found wherever the stream is cut", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.string({ unit: fc.constantFrom("0", "1", "2", "\n", "x", "-"), maxLength: 60 }).map(encodeUtf8),
  );
  fc.assert(
    fc.property(bytes, (stream) => {
      assert.deepEqual(decodeAll(cut(stream, [1])), decodeAll([stream]));
    }),
    { numRuns: 500 },
  );
});

test("record-io: a length is digits, with no sign, space or leading zero", () => {
  const outcomeOf = (stream: string): string => {
    const outcome = decodeAll([encodeUtf8(stream)]);
    return `${outcome.records.length} ${outcome.ok ? "" : outcome.why}`;
  };
  assert.equal(outcomeOf(""), "0 ");
  assert.equal(outcomeOf("0\n"), "1 ");
  assert.equal(outcomeOf("1\na0\n2\nbc"), "3 ");
  assert.match(outcomeOf("1\na\n"), /^1 .* byte 10 where a digit is needed/);
  assert.match(outcomeOf("1\na+1\nb"), /^1 .* byte 43/);
  assert.match(outcomeOf(" 1\na"), /^0 .* byte 32/);
  assert.match(outcomeOf("1\r\na"), /^0 .* byte 13/);
  assert.match(outcomeOf("01\na"), /^0 .* leading zero/);
  assert.match(outcomeOf("00\n"), /^0 .* leading zero/);
  for (const unfinished of ["1", "1\n", "3\nab"])
    assert.match(outcomeOf(unfinished), /ended inside a record/);
});

test("record-io: a record is as long as the limit at most", () => {
  const announce = (length: number): Records => new RecordDecoder().push(encodeUtf8(`${length}\n`));
  assert.ok(announce(limits.recordBytesMax).ok);
  assert.ok(!announce(limits.recordBytesMax + 1).ok);
  assert.ok(!new RecordDecoder().push(encodeUtf8("9".repeat(1_000))).ok);
  const record = new Uint8Array(limits.recordBytesMax).fill(7);
  const outcome = decodeAll(cut(encodeRecord(record), [65_536, 1]));
  assert.ok(outcome.ok && outcome.records.length === 1);
  assert.equal(Buffer.compare(outcome.records[0] ?? new Uint8Array(), record), 0);
});

test("record-io: after a fault nothing more is read", () => {
  const decoder = new RecordDecoder();
  assert.ok(!decoder.push(encodeUtf8("x")).ok);
  const later = decoder.push(encodeUtf8("1\na"));
  assert.ok(!later.ok && later.records.length === 0);
});
