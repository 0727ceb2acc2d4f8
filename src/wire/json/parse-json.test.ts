import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { limits } from "#base/limits.ts";
import { parseJson } from "./parse-json.ts";
import { encodeUtf8 } from "./text.ts";

const parse = (text: string) => parseJson(encodeUtf8(text));

const problemOf = (text: string): string => {
  const outcome = parse(text);
  assert.ok(!outcome.ok, "it was taken");
  return JSON.stringify(outcome.problem.details);
};

test("what JSON can say comes through as it is", () => {
  const plain = fc.jsonValue({ maxDepth: 5 }).filter((value) => {
    const text = JSON.stringify(value);
    return (
      !text.includes("__proto__") &&
      !text.includes("\\u0000") &&
      text.isWellFormed() &&
      !/\\ud[89a-f]/i.test(text)
    );
  });
  fc.assert(
    fc.property(plain, (value) => {
      const text = JSON.stringify(value);
      const outcome = parse(text);
      assert.ok(outcome.ok, JSON.stringify(outcome));
      assert.deepEqual(outcome.value, JSON.parse(text));
    }),
  );
});

test("no bytes make it throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseJson(bytes);
    }),
  );
});

test("as deep as the limit passes, one deeper does not; brackets in texts do not count", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  assert.ok(parse(nested(limits.jsonDepthMax)).ok);
  assert.match(
    problemOf(nested(limits.jsonDepthMax + 1)),
    /nested deeper than 64 levels at line 1, column 65/,
  );
  assert.ok(parse(JSON.stringify("[".repeat(1_000))).ok);
  assert.ok(parse(String.raw`["\"[[[[", "\\", [1]]`).ok);
});

test("a fault is told with its line and column", () => {
  assert.match(problemOf('{\n  "id": "/web",\n  cmd: 1\n}'), /line 3, column 3/);
});

test("a byte order mark is forgiven, and of repeated members the last counts", () => {
  const marked = parseJson(Uint8Array.from([0xef, 0xbb, 0xbf, ...encodeUtf8('{"a":1,"a":2}')]));
  assert.deepEqual(marked.ok && marked.value, { a: 2 });
});

test("a member called __proto__ is dropped wherever it is, however it is written", () => {
  const outcome = parse(
    '{"__proto__":{"a":1},"b":[{"\\u005f_proto__":{"polluted":1},"c":2}],"constructor":3}',
  );
  assert.ok(outcome.ok);
  assert.equal(JSON.stringify(outcome.value), '{"b":[{"c":2}],"constructor":3}');
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test("numbers beyond all, lone surrogates and NULs are told with their place", () => {
  assert.match(problemOf('{"a":[1,1e999]}'), /"\/a\(1\)".*out of range/);
  assert.match(problemOf('{"a":{"b":"\\ud800"}}'), /"\/a\/b".*surrogate/);
  assert.match(problemOf('{"a":{"\\u0000":1}}'), /"\/a".*NUL/);
  assert.match(problemOf('"\\u0000"'), /"\/".*NUL/);
});
