/**
 * A leader that is busy for longer than its lease keeps it; one that stands still is given up. Against a real etcd.
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { hasEtcd, TestEtcd } from "../../../../test/support/etcd.ts";
import { until } from "../../../../test/until.ts";
import { createEtcdClient, type EtcdClient } from "./etcd-client.ts";
import { monotonicMs } from "./lease-keeper.ts";
import { keepLeaseInThread } from "./lease-thread.ts";

const skip = hasEtcd ? false : "etcd is not installed";
let etcd: TestEtcd;
let client: EtcdClient;

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
    client = createEtcdClient({ endpoints: [etcd.url] });
  });
  after(async () => {
    await client.close();
    await etcd.kill();
  });
}

/**
 * Kept by the thread alone: nothing that is asked from here is ever answered. The lease itself is long, so that a busy
 * machine does not let it run out; the thread renews it as if it were short.
 */
async function keep(leaseMs: number, standstillMsMax: number) {
  const grantedAtMs = monotonicMs();
  const { ID } = await client.call("lease/grant", { TTL: "120" });
  const [renewals, lost]: [number[], string[]] = [[], []];
  const deaf: EtcdClient = { call: () => new Promise(() => {}), close: async () => {} };
  const end = keepLeaseInThread(
    deaf,
    { endpoints: [etcd.url] },
    { lease: String(ID), leaseMs, grantedAtMs },
    { renewed: (askedAtMs) => renewals.push(askedAtMs), lost: (reason) => lost.push(reason) },
    standstillMsMax,
  );
  await until("the thread to renew the lease", () => renewals.length > 0);
  return { renewals, lost, end };
}

/** Nothing else happens in this thread meanwhile. */
function standStill(durationMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
}

test("a lease is renewed while its program is busy, until that lets it go", { skip }, async () => {
  const { renewals, lost, end } = await keep(3_000, 60_000);
  const fromMs = monotonicMs();
  standStill(5_000);
  const untilMs = monotonicMs();
  await until("what happened meanwhile to be told", () => (renewals.at(-1) ?? 0) >= untilMs);
  assert.ok(renewals.some((atMs) => atMs > fromMs && atMs < untilMs));
  end();
  assert.deepEqual(lost, [], "who lets go is told nothing");
});

test("one that stands still for longer than any work takes is given up, and told so", { skip }, async () => {
  const { lost } = await keep(3_000, 1_000);
  standStill(4_000);
  await until("the loss to be told", () => lost.length > 0);
  assert.deepEqual(lost, ["it stood still for 1 s"]);
});

test("a thread that began late, on a busy machine, does not give up at the first call that fails", async () => {
  let calls = 0;
  const server = createServer((_request, response) => {
    calls += 1;
    response.statusCode = calls === 1 ? 503 : 200;
    response.end(JSON.stringify(calls === 1 ? {} : { result: { TTL: "3" } }));
  });
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const deaf: EtcdClient = { call: () => new Promise(() => {}), close: async () => {} };
  const heard: string[] = [];
  const end = keepLeaseInThread(
    deaf,
    { endpoints: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] },
    // Renewed since, by who kept it until the thread began.
    { lease: "1", leaseMs: 3_000, grantedAtMs: monotonicMs() - 60_000 },
    { renewed: () => heard.push("renewed"), lost: (reason) => heard.push(reason) },
    60_000,
  );
  await until("the thread to say something", () => heard.length > 0);
  end();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  assert.equal(heard[0], "renewed");
});

test("a thread that says nothing more is not trusted", { skip }, async () => {
  const mute = `import { parentPort } from "node:worker_threads";
    parentPort.postMessage({ type: "renewed", askedAtMs: 0 });
    setInterval(() => {}, 1000);`;
  const deaf: EtcdClient = { call: () => new Promise(() => {}), close: async () => {} };
  const lost: string[] = [];
  keepLeaseInThread(
    deaf,
    { endpoints: [etcd.url] },
    { lease: "1", leaseMs: 200, grantedAtMs: monotonicMs() },
    { renewed: () => {}, lost: (reason) => lost.push(reason) },
    60_000,
    new URL(`data:text/javascript,${encodeURIComponent(mute)}`),
  );
  await until("the loss to be told", () => lost.length > 0);
  assert.deepEqual(lost, ["nothing is heard of the thread that renews its lease"]);
});
