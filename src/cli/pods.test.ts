/**
 * Commands about pods against a stub of the cluster: what they print and what they ask for.
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runUnum, type StubRoutes, startStubCluster } from "../../test/support/stub-cluster.ts";

const directory = mkdtempSync(join(tmpdir(), "unum-cli-pods-"));
after(() => rmSync(directory, { recursive: true }));

const spec = {
  id: "/shop/web",
  scaling: { kind: "fixed", instances: 2 },
  containers: [
    { name: "one", resources: { cpus: 0.1, mem: 32 }, exec: { command: { shell: "sleep 1000" } } },
    { name: "two", resources: { cpus: 0.2, mem: 64 }, image: { kind: "DOCKER", id: "nginx" } },
  ],
  volumes: [{ name: "scratch" }],
  version: "2026-01-01T00:00:00.000Z",
};

const container = (name: string, healthy: string) => ({
  name,
  status: "TASK_RUNNING",
  statusSince: "2026-01-01T00:00:00.000Z",
  containerId: `shop_web.instance-1.${name}.1`,
  endpoints: [{ name: "http", allocatedHostPort: 31_000 }],
  conditions: [{ name: "healthy", value: healthy }],
});

const status = {
  id: "/shop/web",
  spec,
  status: "DEGRADED",
  instances: [
    {
      id: "shop_web.instance-1",
      status: "DEGRADED",
      agentHostname: "10.0.0.1",
      containers: [container("one", "true"), container("two", "false")],
    },
  ],
  terminationHistory: [{ terminatedAt: "2026-01-01T00:00:00.000Z", message: "exit code 3" }],
};

const routes: StubRoutes = {
  "GET /v2/pods/::status": [{ body: [status] }],
  "GET /v2/pods/shop/web::status": [{ body: status }],
  "GET /v2/pods/shop/web": [{ body: spec }],
};

async function unum(...argv: readonly string[]) {
  const stub = await startStubCluster(routes);
  try {
    return await runUnum(argv, { env: { UNUM_URL: stub.url } });
  } finally {
    await stub.close();
  }
}

test("pod list tells of each pod how many instances are stable", async () => {
  const { stdout, code } = await unum("pod", "list");
  assert.equal(code, 0);
  assert.match(stdout, /\/shop\/web +0\/2 +one, two .* degraded/);
});

test("pod show tells what a pod consists of, how its containers are, and its last failure", async () => {
  const { stdout } = await unum("pod", "show", "shop/web");
  assert.match(stdout, /containers +one: 0\.1 cpus, 32 MiB; sleep 1000/);
  assert.match(stdout, /two: 0\.2 cpus, 64 MiB; nginx/);
  assert.match(stdout, /last failure +exit code 3/);
  assert.match(stdout, /shop_web\.instance-1\.two\.1 +degraded +running, unhealthy +10\.0\.0\.1 +http:31000/);
});

test("pod status gives the answer as it is with --json", async () => {
  const { stdout } = await unum("pod", "status", "--json");
  assert.deepEqual(JSON.parse(stdout), [status]);
});

test("a file that names no pod is refused before anything is sent", async () => {
  const file = join(directory, "pod.json");
  writeFileSync(file, JSON.stringify({ containers: [] }));
  for (const verb of ["create", "update", "plan"]) {
    const { stderr, code } = await unum("pod", verb, file);
    assert.notEqual(code, 0);
    assert.match(stderr, /names no pod: "id" is missing/);
  }
});
