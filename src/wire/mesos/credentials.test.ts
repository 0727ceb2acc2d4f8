/**
 * Credentials: both of Mesos's formats, and no guessing about anything else.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUtf8 } from "../json/text.ts";
import { parseCredentials } from "./credentials.ts";

const parse = (text: string): unknown => {
  const result = parseCredentials(encodeUtf8(text));
  return result.ok ? Object.fromEntries(result.value) : result.fault;
};

test("as JSON, and a pair to a line", () => {
  const json = {
    credentials: [
      { principal: "spark", secret: "s 1" },
      { principal: "flink", secret: "s:2" },
    ],
  };
  assert.deepEqual(parse(JSON.stringify(json)), { spark: "s 1", flink: "s:2" });
  assert.deepEqual(parse("spark s1\n\n  flink\ts2 \n"), { spark: "s1", flink: "s2" });
});

test("anything else is refused, without showing a secret", () => {
  for (const [text, fault] of [
    ["", /names no principal/],
    ["{", /no JSON/],
    ['{"credentials":[{"principal":"a"}]}', /a has no secret/],
    ["spark", /spark has no secret/],
    ["spark s3cret more", /more than/],
    ["a:b s3cret", /'a:b' cannot be a principal/],
    ["a s3cret\na other", /named twice/],
  ] as const) {
    const result = String(parse(text));
    assert.match(result, fault);
    assert.ok(!result.includes("s3cret"), result);
  }
  assert.ok(!parseCredentials(Uint8Array.of(0xff)).ok);
});
