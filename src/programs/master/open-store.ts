/**
 * Opens the master's store. With etcd that is when this master leads: until then it waits, as a standby.
 *
 * A master that leads no longer ends: what it knows is another's to decide from now on. Who supervises it starts it
 * again, and it waits in turn.
 */

import { join } from "node:path";
import type { Store } from "#ports/store.ts";
import type { Log } from "#shell/log/log.ts";
import { openEmbeddedStore } from "#shell/store/embedded/store.ts";
import { createEtcdClient } from "#shell/store/etcd/etcd-client.ts";
import { openEtcdStore } from "#shell/store/etcd/etcd-store.ts";
import { keysBelow } from "#shell/store/etcd/keys.ts";
import { campaign } from "#shell/store/etcd/leadership.ts";
import type { ProcessLife } from "../process-life.ts";
import type { MasterProgramConfig } from "./config.ts";
import { moveStore } from "./move-store.ts";
import { formatLeader, type LeaderPlace, openStandby, parseLeader, type StandbyDoor } from "./standby.ts";
import { etcdOptionsOf, type StoreConfig } from "./store-flags.ts";

/** A leader without its store can decide nothing; so long it may be away before another, or nobody, leads. */
const patienceMs = 10_000;

export async function openStore(
  config: MasterProgramConfig,
  door: StandbyDoor,
  life: ProcessLife,
  log: Log,
): Promise<Store> {
  if (config.store.kind === "etcd") {
    const shared = await openReplicatedStore(config, config.store, door, life, log);
    if (config.store.moveFrom !== undefined) await moveStore(config.store.moveFrom, shared, log);
    return shared;
  }
  const store = openEmbeddedStore(join(config.dataDirectory, "master.db"));
  life.atEnd("the store", () => store.close());
  return store;
}

async function openReplicatedStore(
  program: MasterProgramConfig,
  config: StoreConfig & { readonly kind: "etcd" },
  door: StandbyDoor,
  life: ProcessLife,
  log: Log,
): Promise<Store> {
  const client = createEtcdClient(etcdOptionsOf(config));
  life.atEnd("etcd", () => client.close());
  const keys = keysBelow(config.prefix);
  log.info("asking etcd for leadership", { endpoints: config.endpoints.join(","), prefix: config.prefix });
  let leader: LeaderPlace | undefined;
  const standby = await openStandby(program, { ...door, log }, () => leader);
  life.atEnd("the standby's servers", () => standby.close());
  const leadership = await campaign({
    client,
    keys,
    name: formatLeader(program),
    leaseSeconds: config.leaseSeconds,
    signal: life.ending,
    onLost: (reason) => life.fail(`this master leads no longer: ${reason}`),
    onStandby: (found) => {
      leader = found === undefined ? undefined : parseLeader(found);
      if (found !== undefined) log.info("another master leads; waiting as a standby", { leader: found });
    },
  });
  await standby.close();
  log.info("this master leads");
  life.atEnd("its leadership", () => leadership.resign());
  const store = openEtcdStore({ client, keys, fence: leadership.fence, patienceMs });
  life.atEnd("the store", () => store.close());
  return store;
}
