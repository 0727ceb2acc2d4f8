import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatReference, isHost, parseReference } from "./reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test("names of images are read as people mean them", () => {
  const cases: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ["nginx", [undefined, "nginx", "latest", undefined]],
    ["nginx:1.27-alpine", [undefined, "nginx", "1.27-alpine", undefined]],
    ["team/web", [undefined, "team/web", "latest", undefined]],
    ["docker.io/library/nginx", ["docker.io", "library/nginx", "latest", undefined]],
    ["localhost/web", ["localhost", "web", "latest", undefined]],
    ["registry:5000/a/b__c/d-e:v1", ["registry:5000", "a/b__c/d-e", "v1", undefined]],
    ["Registry.Example:5000/a", ["registry.example:5000", "a", "latest", undefined]],
    ["10.0.0.1/a", ["10.0.0.1", "a", "latest", undefined]],
    ["[::1]:5000/a", ["[::1]:5000", "a", "latest", undefined]],
    [`web@${digest}`, [undefined, "web", undefined, digest]],
    [`web:v1@${digest}`, [undefined, "web", "v1", digest]],
  ];
  for (const [text, [registry, repository, tag, wanted]] of cases) {
    const parsed = parseReference(text);
    assert.deepEqual(parsed, { ok: true, value: { registry, repository, tag, digest: wanted } }, text);
  }
});

test("what is no name of an image is refused, with the reason", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /path/],
    ["Nginx", /small letters/],
    ["a//b", /path/],
    ["/a", /path/],
    ["a/", /path/],
    ["a:", /tag/],
    ["a:b c", /tag/],
    ["a:-b", /tag/],
    [`a:${"x".repeat(129)}`, /tag/],
    ["a@sha256:abc", /64 hexadecimal/],
    [`a@${digest}@${digest}`, /more than one @/],
    ["https://docker.io/nginx", /not an address/],
    ["host:0/a", /no host name/],
    ["host:99999/a", /no host name/],
    ["-x.y/a", /no host name/],
    ["a.b/../c", /path/],
    ["a/..", /path/],
    ["a/b%2f", /path/],
    ["x".repeat(300), /path/],
    ["x".repeat(2_000), /longer than/],
  ];
  for (const [text, fault] of cases) {
    const parsed = parseReference(text);
    assert.ok(!parsed.ok, text);
    assert.match(parsed.fault, fault, text);
  }
});

test("whatever is taken means the same when it is written again, and climbs nowhere", () => {
  const pieces = fc.constantFrom(
    "a",
    "b.c",
    "..",
    ".",
    "/",
    ":",
    "@",
    "latest",
    "5000",
    "localhost",
    digest,
    "-",
    "_",
    "A",
    "%",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
      const parsed = parseReference(parts.join(""));
      if (!parsed.ok) return;
      assert.deepEqual(parseReference(formatReference(parsed.value)), parsed);
      assert.ok(!parsed.value.repository.split("/").some((segment) => ["", ".", ".."].includes(segment)));
    }),
    { numRuns: 2_000 },
  );
});

test("hosts", () => {
  for (const good of ["a", "a.b:5000", "[::1]:80", "127.0.0.1"]) assert.ok(isHost(good), good);
  for (const bad of ["", "a b", "a/b", "http://a", "a:", "a:x", "a:70000", "A"]) assert.ok(!isHost(bad), bad);
});
