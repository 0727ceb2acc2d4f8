/**
 * Taking apps and pods back against a stub of the cluster: what is asked for, and what is said.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runUnum, type StubRoutes, startStubCluster } from "../../test/support/stub-cluster.ts";

const newest = "2026-01-01T00:00:02.000Z";
const before = "2026-01-01T00:00:01.000Z";
const oldest = "2026-01-01T00:00:00.000Z";
const earlier = { id: "/shop/pod", containers: [], version: before };

const routes: StubRoutes = {
  "GET /v2/apps/web/versions": [{ body: { versions: [newest, before, oldest] } }],
  "GET /v2/apps/new/versions": [{ body: { versions: [newest] } }],
  "PUT /v2/apps/web": [{ body: { version: newest, deploymentId: "d-1" } }],
  "GET /v2/pods/shop/pod::versions": [{ body: [newest, before] }],
  [`GET /v2/pods/shop/pod::versions/${encodeURIComponent(before)}`]: [{ body: earlier }],
  "PUT /v2/pods/shop/pod": [{ body: earlier }],
};

async function unum(...argv: readonly string[]) {
  const stub = await startStubCluster(routes);
  try {
    const ran = await runUnum(argv, { env: { UNUM_URL: stub.url } });
    const changes = stub.requests.filter(({ method }) => method !== "GET");
    return { ...ran, changes: changes.map(({ path, body }) => ({ path, body })) };
  } finally {
    await stub.close();
  }
}

test("without a version it is the one before the current, and what keeps running is left alone", async () => {
  const { changes, code, stdout } = await unum("app", "rollback", "web", "--no-wait");
  assert.equal(code, 0);
  assert.deepEqual(changes, [
    { path: "/v2/apps/web?supersede=true&keepInstances=true", body: { version: before } },
  ]);
  assert.match(stdout, /deployment d-1 started/);
});

test("a version that is named is the one", async () => {
  const { changes } = await unum("app", "rollback", "web", oldest, "--no-wait");
  assert.deepEqual(changes[0]?.body, { version: oldest });
});

test("a pod is sent its earlier definition as it was", async () => {
  const { changes, code } = await unum("pod", "rollback", "/shop/pod", "--no-wait");
  assert.equal(code, 0);
  assert.deepEqual(changes[0]?.body, earlier);
});

test("--list tells the versions and changes nothing", async () => {
  const { changes, stdout } = await unum("app", "rollback", "web", "--list");
  assert.deepEqual(changes, []);
  assert.match(stdout, new RegExp(`${newest} .* now\n${before} `));
});

test("where there is nothing to go back to, that is said, and nothing is sent", async () => {
  const only = await unum("app", "rollback", "new");
  assert.deepEqual([only.code, only.changes], [1, []]);
  assert.match(only.stderr, /app \/new: it has no earlier version/);
  const unknown = await unum("pod", "rollback", "shop/pod", "2020");
  assert.deepEqual([unknown.code, unknown.changes], [3, []]);
  assert.match(unknown.stderr, /it has no version 2020\nSee its versions with/);
  assert.equal((await unum("app", "rollback", "none")).code, 3);
});
