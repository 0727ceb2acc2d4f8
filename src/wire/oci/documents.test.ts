/**
 * Credentials, challenges, tokens and indexes: what tools and registries write is read as it is meant.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeUtf8 } from "../json/text.ts";
import { parseChallenges, parseToken, registryWords } from "./challenge.ts";
import { parseDockerArchive } from "./docker-archive.ts";
import { parseDockerConfig } from "./docker-config.ts";
import { parseImageConfig } from "./image-config.ts";
import { chooseEntry, type IndexEntry } from "./manifest.ts";

const json = (value: unknown): Uint8Array => encodeUtf8(JSON.stringify(value));

test("a Docker configuration: every form of credentials, by host", () => {
  const parsed = parseDockerConfig(
    json({
      auths: {
        "https://index.docker.io/v1/": { auth: "bWU6cGFzczp3b3Jk" },
        "Registry:5000": { username: "u", password: "p" },
        identity: { auth: "bWU6", identitytoken: "long" },
        bearer: { registrytoken: "as-it-is" },
        nobody: {},
      },
      credsStore: "desktop",
      HttpHeaders: { a: "b" },
    }),
  );
  assert.ok(parsed.ok);
  assert.deepEqual(Object.fromEntries(parsed.value), {
    "index.docker.io": { kind: "password", user: "me", password: "pass:word" },
    "registry:5000": { kind: "password", user: "u", password: "p" },
    identity: { kind: "identity", token: "long" },
    bearer: { kind: "bearer", token: "as-it-is" },
  });
});

test("a Docker configuration that cannot be read says where, and never what was in it", () => {
  for (const [value, fault] of [
    [{ auths: { host: { auth: "c2VjcmV0" } } }, /entry for host .*not user:password in base64/],
    [{ auths: { host: { auth: "%%secret" } } }, /entry for host/],
    [{ auths: { host: "secret" } }, /auths\/host must be an object/],
  ] as const) {
    const parsed = parseDockerConfig(json(value));
    assert.ok(!parsed.ok);
    assert.match(parsed.fault, fault);
    assert.doesNotMatch(parsed.fault, /secret/);
  }
});

test("challenges, alone and together", () => {
  const read = (header: string) =>
    parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
  assert.deepEqual(
    read('Bearer realm="https://auth/token",service="a, b",scope="repository:x:pull,push", Basic realm=here'),
    [
      ["bearer", { realm: "https://auth/token", service: "a, b", scope: "repository:x:pull,push" }],
      ["basic", { realm: "here" }],
    ],
  );
  assert.deepEqual(read('BASIC Realm="a\\"b"'), [["basic", { realm: 'a"b' }]]);
  for (const nonsense of ["", ",,,", '="', "\u0000", 'Bearer realm="open']) parseChallenges(nonsense);
});

test("tokens by either name, and a registry's own words", () => {
  const read = (value: unknown) => parseToken(json(value));
  assert.deepEqual(read({ token: "a", access_token: "b" }), {
    ok: true,
    value: { token: "a", expiresInSeconds: 60 },
  });
  assert.deepEqual(read({ access_token: "b", expires_in: 9 }), {
    ok: true,
    value: { token: "b", expiresInSeconds: 9 },
  });
  for (const bad of [{}, { token: "" }, { token: "a\r\nb" }, []]) assert.equal(read(bad).ok, false);
  assert.equal(
    registryWords(json({ errors: [{ code: "A", message: "b\u0007" }, { code: "C" }] })),
    "A: b?; C",
  );
  assert.equal(registryWords(encodeUtf8("<html>")), "");
});

test("of an index the entry for the machine, its best variant first", () => {
  const entry = (architecture: string, variant?: string, os = "linux"): IndexEntry => ({
    descriptor: { digest: `${architecture}/${variant}`, sizeBytes: 1, mediaType: "" },
    platform: { os, architecture, variant },
    name: undefined,
  });
  const choose = (entries: readonly IndexEntry[], architecture: string) => {
    const chosen = chooseEntry(entries, "linux", architecture);
    return chosen.ok ? chosen.value.descriptor.digest : chosen.fault;
  };
  const arms = [
    entry("arm", "v5"),
    entry("arm", "v7"),
    entry("arm64", "v8"),
    entry("unknown", undefined, "unknown"),
  ];
  assert.equal(choose(arms, "arm"), "arm/v7");
  assert.equal(choose(arms, "arm64"), "arm64/v8");
  assert.equal(choose([entry("amd64", "v3"), entry("amd64")], "amd64"), "amd64/undefined");
  assert.match(
    choose([entry("amd64", "v3")], "amd64"),
    /no image for linux\/amd64, only for linux\/amd64\/v3/,
  );
  assert.equal(choose([entry("amd64", undefined, "windows"), entry("amd64")], "amd64"), "amd64/undefined");
  assert.match(choose(arms, "s390x"), /only for linux\/arm\/v5, linux\/arm\/v7, linux\/arm64\/v8$/);
  const only: IndexEntry = { ...entry("x"), platform: undefined };
  assert.equal(choose([only], "amd64"), "x/undefined");
});

test("an image's configuration, with all that may be null", () => {
  const parsed = parseImageConfig(
    json({
      os: "linux",
      config: { Entrypoint: null, Cmd: null, Env: ["A", "B=c=d"], User: "", Volumes: null, WorkingDir: "/w" },
      rootfs: { type: "layers", diff_ids: null },
    }),
  );
  assert.ok(parsed.ok);
  const { env, entrypoint, user, volumes, workingDirectory, diffIds } = parsed.value;
  assert.deepEqual(
    [env, entrypoint, user, volumes, workingDirectory, diffIds],
    [
      [
        ["A", ""],
        ["B", "c=d"],
      ],
      [],
      undefined,
      [],
      "/w",
      [],
    ],
  );
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`/v${index}`, {}]));
  const tooMany = parseImageConfig(json({ config: { Volumes: many }, rootfs: {} }));
  assert.ok(!tooMany.ok && /65 volumes/.test(tooMany.fault));
});

test("what `docker save` writes: one image at a time", () => {
  const image = { Config: "c.json", RepoTags: ["a:b"], Layers: ["1/layer.tar"] };
  assert.deepEqual(parseDockerArchive(json([image])), {
    ok: true,
    value: { config: "c.json", layers: ["1/layer.tar"] },
  });
  const two = parseDockerArchive(json([image, image]));
  assert.ok(!two.ok && /save them one by one/.test(two.fault));
  assert.equal(parseDockerArchive(json({ name: "a web app's manifest.json" })).ok, false);
});
