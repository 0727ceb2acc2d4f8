import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { encodeBytes, FrameReader } from "./frame-reader.ts";

test("frames come out as they went in, however the bytes are cut", () => {
  const texts = fc.array(fc.string({ unit: "grapheme", maxLength: 40 }), { maxLength: 12 });
  fc.assert(
    fc.property(texts, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(encodeBytes));
      const reader = new FrameReader();
      const seen: string[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        seen.push(...(reader.take(bytes.subarray(at, at + size)) ?? []));
        at += size;
      }
      // Empty frames are signs of life.
      assert.deepEqual(
        seen,
        sent.filter((text) => text !== ""),
      );
    }),
  );
});

test("a frame over the bound is refused by its length alone", () => {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(limits.linkFrameBytesMax + 1);
  assert.equal(new FrameReader().take(header), undefined);
  header.writeUInt32BE(limits.linkFrameBytesMax);
  assert.deepEqual(new FrameReader().take(header), []);
});
