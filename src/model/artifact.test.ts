import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { type Artifact, artifactFault, parseArtifactUri, shortUri } from "./artifact.ts";

const artifact = (uri: string, outputFile?: string): Artifact => ({
  ...{ uri, extract: true, executable: false, cache: false },
  ...(outputFile === undefined ? {} : { outputFile }),
});

const digits = "0123456789abcdef".repeat(4);

test("addresses, their names and checksums", () => {
  const web = (url: string) => ({ kind: "web", url });
  const file = (path: string) => ({ kind: "file", path });
  const cases: readonly (readonly [uri: string, place: object, name: string, sha256?: string])[] = [
    ["http://host/a/b.tgz", web("http://host/a/b.tgz"), "b.tgz"],
    ["HTTPS://host:8443/b?x=1", web("HTTPS://host:8443/b?x=1"), "b?x=1"],
    [`http://host/b#sha256=${digits.toUpperCase()}`, web("http://host/b"), "b", digits],
    ["http://host/b#other", web("http://host/b"), "b"],
    ["file:///srv/b", file("/srv/b"), "b"],
    ["file://localhost/srv/b", file("/srv/b"), "b"],
    ["/srv/b", file("/srv/b"), "b"],
    ["docker://nginx", { kind: "image", reference: "nginx" }, "nginx"],
    ["oci://h:5000/a/b:1@sha256:x", { kind: "image", reference: "h:5000/a/b:1@sha256:x" }, "b"],
  ];
  for (const [uri, place, name, sha256] of cases)
    assert.deepEqual(parseArtifactUri(uri), { place, name, sha256 }, uri);
});

test("what no agent could fetch is said to be so", () => {
  const cases: readonly (readonly [artifact: Artifact, message: RegExp])[] = [
    [artifact("hdfs://host/b"), /scheme "hdfs", which agents cannot fetch/],
    [artifact("http://host"), /missing path/],
    [artifact("http://host/"), /missing path/],
    [artifact("http://host/a/"), /names no file/],
    [artifact("http:///b"), /missing path/],
    [artifact("docker:///x"), /names no image/],
    [artifact("docker://"), /names no image/],
    [artifact(`docker://nginx#sha256=${digits}`), /no checksum/],
    [{ ...artifact("docker://nginx"), executable: true }, /is not executable/],
    [artifact("b"), /is relative/],
    [artifact(""), /is relative/],
    [artifact("file://other/b"), /is no absolute path/],
    [artifact("/srv/../etc/shadow"), /segments/],
    [artifact("/srv/.."), /segments/],
    [artifact("http://host/a b"), /a blank/],
    [artifact("http://host/a'b"), /a quote/],
    [artifact("http://host/\0"), /a blank, a quote/],
    [artifact(`http://host/b#sha256=${digits.slice(1)}`), /checksum/],
    [artifact(`http://host/${"b".repeat(limits.artifactUriLengthMax)}`), /longer than/],
    [artifact("http://host/b", "/etc/b"), /within the sandbox/],
    [artifact("http://host/b", "../b"), /within the sandbox/],
    [artifact("http://host/b", "a//b"), /within the sandbox/],
    [artifact("http://host/b", "stdout"), /take the place of the task's output/],
    [artifact("http://host/stderr"), /take the place of the task's output/],
  ];
  for (const [given, message] of cases) assert.match(artifactFault(given) ?? "no fault", message, given.uri);
  assert.equal(artifactFault(artifact("http://host/b", "a/b")), undefined);
});

test("people see no password and no query", () => {
  assert.equal(shortUri("http://user:secret@host/b?token=1#x"), "http://host/b");
});
