/**
 * Opens the master's store. With etcd that is when this master leads: until then it waits, as a standby.
 *
 * A master that leads no longer ends: what it knows is another's to decide from now on. Who supervises it starts it
 * again, and it waits in turn.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { WholeStore } from "#ports/store.ts";
import type { Log } from "#shell/log/log.ts";
import { openEmbeddedStore } from "#shell/store/embedded/store.ts";
import { createEtcdClient } from "#shell/store/etcd/etcd-client.ts";
import { openEtcdStore } from "#shell/store/etcd/etcd-store.ts";
import { keysBelow } from "#shell/store/etcd/keys.ts";
import { campaign, readLeader } from "#shell/store/etcd/leadership.ts";
import type { ProcessLife } from "../process-life.ts";
import { checkKinds } from "../store/check-kinds.ts";
import type { MasterProgramConfig } from "./config.ts";
import { type ClusterIdentity, identify } from "./identity.ts";
import { moveStore } from "./move-store.ts";
import {
  formatLeader,
  isSamePlace,
  type LeaderPlace,
  openStandby,
  parseLeader,
  type Standby,
  type StandbyDoor,
} from "./standby.ts";
import { etcdOptionsOf, type StoreConfig } from "./store-flags.ts";
import { storedKinds } from "./stored-kinds.ts";

/** A leader without its store can decide nothing; so long it may be away before another, or nobody, leads. */
const patienceMs = 10_000;

export async function openStore(
  config: MasterProgramConfig,
  door: StandbyDoor,
  life: ProcessLife,
  log: Log,
): Promise<OpenedStore> {
  refuseAgentDirectory(config.dataDirectory);
  if (config.store.kind === "etcd") {
    const { store: shared, term } = await openReplicatedStore(config, config.store, door, life, log);
    if (config.store.moveFrom !== undefined) await moveStore(config.store.moveFrom, shared, log);
    const where = `The store below ${config.store.prefix} in etcd`;
    return { ...(await checked(shared, where, config.dataDirectory)), term };
  }
  const file = join(config.dataDirectory, "master.db");
  const store = openEmbeddedStore(file);
  life.atEnd("the store", () => store.close());
  return { ...(await checked(store, `The store ${file}`, config.dataDirectory)), term: undefined };
}

/** With the cluster that it is of. */
export type OpenedStore = {
  readonly store: WholeStore;
  readonly cluster: ClusterIdentity;
  /** Of a master that others may take over from. */
  readonly term: LeaderTerm | undefined;
};

export type LeaderTerm = {
  /** Its servers hold requests back, until it answers them. */
  readonly standby: Standby;
  /** Waits for what the store was given, then lets another lead. */
  resign(): Promise<void>;
  /** Where the one is that leads now. */
  leader(): Promise<LeaderPlace | undefined>;
};

async function checked(
  store: WholeStore,
  where: string,
  dataDirectory: string,
): Promise<Omit<OpenedStore, "term">> {
  await checkKinds(store, where, storedKinds);
  return { store, cluster: await identify(store, where, dataDirectory) };
}

/** A master would find nothing there, and begin an empty cluster. */
function refuseAgentDirectory(directory: string): void {
  if (!existsSync(join(directory, "store/agent.db"))) return;
  throw new Error(
    `${directory} is the data directory of an agent. Nothing was changed. Give the master a directory of its own ` +
      "with --data.",
  );
}

async function openReplicatedStore(
  program: MasterProgramConfig,
  config: StoreConfig & { readonly kind: "etcd" },
  door: StandbyDoor,
  life: ProcessLife,
  log: Log,
): Promise<{ readonly store: WholeStore; readonly term: LeaderTerm }> {
  const client = createEtcdClient(etcdOptionsOf(config));
  life.atEnd("etcd", () => client.close());
  const keys = keysBelow(config.prefix);
  log.info("asking etcd for leadership", { endpoints: config.endpoints.join(","), prefix: config.prefix });
  const standby = await openStandby(program, { ...door, log });
  life.atEnd("the standby's servers", () => standby.close());
  const leadership = await campaign({
    client,
    keys,
    name: formatLeader(program),
    leaseSeconds: config.leaseSeconds,
    etcd: etcdOptionsOf(config),
    signal: life.ending,
    onLost: (reason) => life.fail(`this master leads no longer: ${reason}`),
    onStandby: (found) => {
      standby.serve(found === undefined ? undefined : parseLeader(found));
      if (found !== undefined) log.info("another master leads; waiting as a standby", { leader: found });
    },
  });
  standby.won(program);
  log.info("this master leads");
  life.atEnd("its leadership", () => leadership.resign());
  const { fence, whenCertain } = leadership;
  const store = openEtcdStore({ client, keys, fence, whenCertain, patienceMs });
  life.atEnd("the store", () => store.close());
  let isOver = false;
  /** Whoever has something to write after the end of the term (no room has) hears nothing any more, as after the end. */
  const written: WholeStore = {
    ...store,
    commit: (rows, done) => {
      if (isOver) return;
      store.commit(rows, (outcome) => {
        if (!isOver) done(outcome);
      });
    },
  };
  const term: LeaderTerm = {
    standby,
    resign: async () => {
      isOver = true;
      await store.close();
      await leadership.resign();
    },
    leader: async () => {
      const found = await readLeader({ client, keys }).catch(() => undefined);
      const place = found === undefined ? undefined : parseLeader(found);
      // Our own word may outlive us for as long as the lease does.
      return place === undefined || isSamePlace(place, program) ? undefined : place;
    },
  };
  return { store: written, term };
}
