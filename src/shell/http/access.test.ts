/**
 * Who comes in: with the token, as a principal with the right secret, and nobody else.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccess } from "./access.ts";

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

test("a credential is known by its principal and its secret, the token by itself", () => {
  const access = createAccess("token", false, Date.now, new Map([["spark", "s3:cret"]]));
  const cases: readonly (readonly [
    authorization: string | undefined,
    admitted: boolean,
    principal?: string,
  ])[] = [
    [basic("spark:s3:cret"), true, "spark"],
    [basic("spark:wrong"), false],
    [basic("flink:s3:cret"), false],
    [basic("spark"), false],
    [basic("anybody:token"), true],
    [basic("spark:token"), true],
    ["Bearer token", true],
    ["token=token", true],
    ["Bearer s3:cret", false],
    [undefined, false],
  ];
  for (const [authorization, admitted, principal] of cases) {
    assert.equal(access.admits(authorization, undefined, "write"), admitted, String(authorization));
    assert.equal(access.principalOf(authorization), principal, String(authorization));
  }
});

test("where nothing is asked for, a right credential still tells who it is", () => {
  const access = createAccess("token", true, Date.now, new Map([["spark", "secret"]]));
  assert.ok(access.admits(undefined, undefined, "write"));
  assert.equal(access.principalOf(basic("spark:secret")), "spark");
  assert.equal(access.principalOf(basic("spark:wrong")), undefined);
});
