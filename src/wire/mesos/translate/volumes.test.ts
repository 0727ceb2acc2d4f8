import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "#base/limits.ts";
import { volumeMessages, volumesFromMessages } from "./volumes.ts";

test("a path of the host and one of a sandbox, and back", () => {
  const volumes = volumesFromMessages([
    { container_path: "a/b/", mode: "RO", host_path: "/srv/x" },
    { container_path: "/c", mode: "RW", host_path: "own" },
    { container_path: "d", mode: "RW", source: { type: "HOST_PATH", host_path: { path: "/srv/y" } } },
    {
      container_path: "e",
      mode: "RW",
      source: { type: "SANDBOX_PATH", sandbox_path: { type: "PARENT", path: "shared" } },
    },
  ]);
  assert.ok(volumes.ok);
  assert.deepEqual(volumes.value, [
    { containerPath: "a/b", mode: "read-only", source: { kind: "host", path: "/srv/x" } },
    { containerPath: "/c", mode: "read-write", source: { kind: "sandbox", of: "self", path: "own" } },
    { containerPath: "d", mode: "read-write", source: { kind: "host", path: "/srv/y" } },
    { containerPath: "e", mode: "read-write", source: { kind: "sandbox", of: "parent", path: "shared" } },
  ]);
  assert.deepEqual(volumesFromMessages(volumeMessages(volumes.value ?? [])), volumes);
  assert.deepEqual(volumesFromMessages([]), { ok: true, value: undefined });
});

test("an image, and a secret by its name, and back", () => {
  const config = { type: "REFERENCE" as const, reference: { name: "registry" } };
  const volumes = volumesFromMessages([
    {
      ...{ container_path: "data", mode: "RO" },
      image: { type: "DOCKER", docker: { name: "registry.local/data:1", config }, cached: false },
    },
    { container_path: "f", mode: "RO", source: { type: "SECRET", secret: config } },
  ]);
  assert.ok(volumes.ok);
  const registry = { kind: "reference", name: "registry" };
  assert.deepEqual(volumes.value, [
    {
      ...{ containerPath: "data", mode: "read-only" },
      source: { kind: "image", reference: "registry.local/data:1", forcePull: true, pullSecret: registry },
    },
    { containerPath: "f", mode: "read-only", source: { kind: "secret", secret: registry } },
  ]);
  assert.deepEqual(volumesFromMessages(volumeMessages(volumes.value ?? [])), volumes);
});

test("no more than the limit", () => {
  const message = { container_path: "a", mode: "RW", host_path: "/x" } as const;
  const list = Array.from({ length: limits.volumesPerTaskMax }, () => message);
  assert.ok(volumesFromMessages(list).ok);
  const more = volumesFromMessages([...list, message]);
  assert.ok(!more.ok);
  assert.match(more.fault, /101 volumes; 100 are possible/);
});

for (const [why, message, words] of [
  ["a path that climbs", { container_path: "a/../b", mode: "RW", host_path: "/x" }, /'\.\.'/],
  ["the root", { container_path: "/", mode: "RW", host_path: "/x" }, /root/],
  ["a source that climbs", { container_path: "a", mode: "RW", host_path: "/x/../y" }, /'\.\.'/],
  ["nothing to mount", { container_path: "a", mode: "RW" }, /must be set/],
  [
    "two sources",
    { container_path: "a", mode: "RW", host_path: "/x", source: { type: "SECRET" } },
    /Only one/,
  ],
  ["a secret", { container_path: "a", mode: "RW", source: { type: "SECRET" } }, /'source.secret' is not set/],
  [
    "an absolute path of a sandbox",
    {
      container_path: "a",
      mode: "RW",
      source: { type: "SANDBOX_PATH", sandbox_path: { type: "SELF", path: "/x" } },
    },
    /is absolute/,
  ],
] as const)
  test(`refused: ${why}`, () => {
    const volumes = volumesFromMessages([message]);
    assert.ok(!volumes.ok);
    assert.match(volumes.fault, words);
  });
