/**
 * JSON read without loss: the same as the engine's parser where that one is right, and exact where it is not.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeUtf8 } from "../../../json/text.ts";
import { readJsonText } from "./read-text.ts";

/** A number that the engine would round, so that the text is read by our own parser. */
const long = "1234567890123456789";

function read(text: string): unknown {
  const outcome = readJsonText(encodeUtf8(text));
  return outcome.ok ? outcome.value : assert.fail(outcome.why);
}

const fault = (text: string): string => {
  const outcome = readJsonText(encodeUtf8(text));
  return outcome.ok ? assert.fail(`it was taken: ${text}`) : outcome.why;
};

/** Objects without prototypes, as the engine would have made them. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)]));
};

const isExact = (text: string): boolean => !/\d{16}/.test(text);

test("JSON text: our parser and the engine's agree on every document", () => {
  const document = fc.json({ maxDepth: 4 }).filter((text) => text.isWellFormed() && isExact(text));
  fc.assert(
    fc.property(document, fc.constantFrom("", " ", "\n\t\r "), (text, space) => {
      const outcome = read(`[${space}${text}${space},${space}${long}]`);
      assert.deepEqual(plain(outcome), [JSON.parse(text), BigInt(long)]);
    }),
    { numRuns: 500 },
  );
});

test("JSON text: our parser and the engine's refuse the same documents", () => {
  const damaged = fc
    .tuple(
      fc.json({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("", '"', "\\", "{", "}", ",", "1", "-", "e", "\n"),
    )
    .map(([text, at, insert]) => {
      const index = at % (text.length + 1);
      return text.slice(0, index) + insert + text.slice(index + 1);
    })
    .filter((text) => text.isWellFormed() && isExact(text));
  fc.assert(
    fc.property(damaged, (text) => {
      const whole = `[${text},${long}]`;
      let taken = true;
      try {
        JSON.parse(whole);
      } catch {
        taken = false;
      }
      assert.equal(readJsonText(encodeUtf8(whole)).ok, taken, whole);
    }),
    { numRuns: 1_000 },
  );
});

test("JSON text: integers are exact, however long; other numbers are doubles", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (integer) => {
      const value = read(`{"a":${integer}}`) as { a: number | bigint };
      assert.equal(BigInt(value.a), integer);
      if (typeof value.a === "number") assert.ok(Number.isSafeInteger(value.a));
    }),
  );
  assert.deepEqual(plain(read("[9007199254740991, 9007199254740992, 1.2345678901234567e3, -0.0]")), [
    9007199254740991,
    9007199254740992n,
    1234.5678901234567,
    -0,
  ]);
  assert.equal(read("1".repeat(400)), Number.POSITIVE_INFINITY);
});

test("JSON text: a member may have any name, and of repeated ones the last counts", () => {
  for (const number of ["1", long]) {
    const value = read(`{"__proto__":{"a":1},"b":0,"b":${number}}`) as Record<string, unknown>;
    assert.deepEqual(Object.keys(value), ["__proto__", "b"]);
    assert.equal(String(value.b), number);
    assert.equal(value.a, undefined);
  }
});

test("JSON text: a fault is told with its line and what stands there", () => {
  assert.equal(fault(""), "syntax error at line 1 near: ");
  assert.equal(fault('{"type":'), "syntax error at line 1 near: ");
  assert.equal(fault('{\n "a": 1,\n b: 2 }\n'), "syntax error at line 3 near: b: 2 }");
  assert.equal(fault('{"a": tru}'), "syntax error at line 1 near: tru}");
  assert.equal(fault('["\\x"]'), 'syntax error at line 1 near: "\\x"]');
  assert.equal(fault("{} x "), "Parsed JSON included non-whitespace trailing characters: x");
  assert.equal(fault(`x${"y".repeat(10_000)}`).length, "syntax error at line 1 near: ".length + 200);
  assert.match(fault("[".repeat(65)), /nested deeper than 64 levels/);
  const notUtf8 = readJsonText(Uint8Array.of(0x22, 0xff, 0x22));
  assert.ok(!notUtf8.ok && notUtf8.why === "the body is not valid UTF-8");
});
