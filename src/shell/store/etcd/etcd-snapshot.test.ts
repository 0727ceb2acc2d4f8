/**
 * Snapshots of a real etcd.
 */

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { testSnapshotContract } from "../../../../test/snapshot-contract.ts";
import { hasEtcd, TestEtcd } from "../../../../test/support/etcd.ts";
import { createEtcdClient } from "./etcd-client.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { keysBelow } from "./keys.ts";
import { campaign } from "./leadership.ts";

let etcd: TestEtcd;
let prefixes = 0;

if (hasEtcd) {
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(() => etcd.kill());

  testSnapshotContract("etcd", async () => {
    prefixes += 1;
    const client = createEtcdClient({ endpoints: [etcd.url] });
    const keys = keysBelow(`/snapshot-${prefixes}`);
    const onLost = (reason: string): never => assert.fail(reason);
    const leadership = await campaign({ client, keys, name: "m", leaseSeconds: 5, onLost });
    const store = openEtcdStore({ client, keys, fence: leadership.fence, patienceMs: 5_000 });
    return {
      store,
      destroy: async () => {
        await store.close();
        await leadership.resign();
        await client.close();
      },
    };
  });
}
