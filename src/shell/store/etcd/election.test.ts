/**
 * Masters that share a real etcd: the same promises as of the simulator's fake.
 */

import { after, before } from "node:test";
import type { Store } from "#ports/store.ts";
import {
  type Contender,
  type ElectionWorld,
  testElectionContract,
} from "../../../../test/election-contract.ts";
import { hasEtcd, TestEtcd } from "../../../../test/support/etcd.ts";
import { until } from "../../../../test/until.ts";
import { createEtcdClient, type EtcdClient, EtcdError } from "./etcd-client.ts";
import { openEtcdStore } from "./etcd-store.ts";
import { encode, keysBelow } from "./keys.ts";
import { campaign } from "./leadership.ts";

if (hasEtcd) {
  let etcd: TestEtcd;
  let prefixes = 0;
  before(async () => {
    etcd = await TestEtcd.start();
  });
  after(() => etcd.kill());

  testElectionContract("masters that share etcd", (): ElectionWorld => {
    prefixes += 1;
    const keys = keysBelow(`/election-${prefixes}`);
    const real = createEtcdClient({ endpoints: [etcd.url] });
    const ends: AbortController[] = [];

    const contend = (name: string): Contender => {
      const end = new AbortController();
      ends.push(end);
      let opened: Store | undefined;
      let reason: string | undefined;
      const client: EtcdClient = {
        ...real,
        call: (path, body, attemptMs) =>
          end.signal.aborted
            ? Promise.reject(new EtcdError("the process has died", false))
            : real.call(path, body, attemptMs),
      };
      const onLost = (why: string): void => {
        reason ??= why;
      };
      campaign({ client, keys, name, leaseSeconds: 1, onLost, signal: end.signal }).then(
        ({ fence, whenCertain }) => {
          opened = openEtcdStore({ client, keys, fence, whenCertain, patienceMs: 2_000 });
        },
        () => {},
      );
      return { store: () => opened, lost: () => reason, die: () => end.abort() };
    };

    return {
      contend,
      endLeadership: async () => {
        await real.call("kv/deleterange", { key: encode(keys.leader) });
        // As after a lease that ran out: that lease is gone, too.
        const { leases } = await real.call("lease/leases", {});
        for (const { ID } of (leases ?? []) as readonly { ID: string }[])
          await real.call("lease/revoke", { ID });
      },
      until: (what, condition) => until(what, condition).then(() => undefined),
      destroy: async () => {
        for (const end of ends) end.abort();
        await real.close();
      },
    };
  });
}
