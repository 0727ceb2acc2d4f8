/**
 * A backup's rows into etcd, in one batch that takes effect whole or not at all, written as the leader that nobody else is.
 *
 * While it goes on no master can lead; those that stand by lead when it is done. What is there already stays, or with
 * `replace` goes into a backup of its own and out of etcd in the same batch.
 */

import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import type { StoredRow } from "#ports/store.ts";
import { createBackups } from "#shell/backup/make-backups.ts";
import { readBackup } from "#shell/backup/read-backup.ts";
import { createEtcdClient } from "#shell/store/etcd/etcd-client.ts";
import { type EtcdStore, openEtcdStore } from "#shell/store/etcd/etcd-store.ts";
import { keysBelow } from "#shell/store/etcd/keys.ts";
import { type Campaign, campaign, type Leadership } from "#shell/store/etcd/leadership.ts";
import { parseIdentity } from "../master/identity.ts";
import { etcdOptionsOf, type StoreConfig } from "../master/store-flags.ts";
import { storedKinds } from "../master/stored-kinds.ts";
import { commitRows, kindsOf, loadRows } from "../store/calls.ts";
import { checkKinds } from "../store/check-kinds.ts";
import { productVersion } from "../version.ts";
import { describeRows } from "./backup-rows.ts";
import type { Restored } from "./into-file.ts";

/** Long enough for a batch of any size; nobody waits for it to run out but after a crash of ours. */
const leaseSeconds = 30;
const patienceMs = 10_000;

export async function restoreIntoEtcd(
  config: StoreConfig & { readonly kind: "etcd" },
  rows: readonly StoredRow[],
  options: { readonly replace: boolean; readonly stamp: string; readonly directory: string },
): Promise<Restored> {
  const client = createEtcdClient(etcdOptionsOf(config));
  const where = `etcd at ${config.endpoints.join(", ")} below ${config.prefix}`;
  try {
    await client.call("maintenance/status", {});
    const keys = keysBelow(config.prefix);
    const leadership = await leadAlone({ client, keys }, where);
    const store = openEtcdStore({ client, keys, fence: leadership.fence, patienceMs });
    try {
      const { before, aside } = await clear(store, where, options);
      const kept = new Set(rows.map(keyOf));
      const gone = before.filter((row) => !kept.has(keyOf(row))).map((row) => ({ ...row, value: undefined }));
      await commitRows(store, [...gone, ...rows]);
      return { where, aside };
    } finally {
      await store.close();
      await leadership.resign();
    }
  } finally {
    await client.close();
  }
}

const keyOf = ({ kind, id }: StoredRow): string => JSON.stringify([kind, id]);

/** A master that was just killed leads until its lease has run out. */
const leaderGoneMs = 5_000;

async function leadAlone(
  { client, keys }: Pick<Campaign, "client" | "keys">,
  where: string,
): Promise<Leadership> {
  const refused = new AbortController();
  let leader: string | undefined;
  const timer = setTimeout(() => refused.abort(), leaderGoneMs);
  try {
    return await campaign({
      ...{ client, keys, leaseSeconds, signal: refused.signal },
      name: JSON.stringify({ restoring: true }),
      onLost: () => {},
      onStandby: (found) => {
        leader = found;
      },
    });
  } catch (error) {
    if (!refused.signal.aborted) throw error;
    const who = leader === undefined ? "etcd does not answer for" : `a master (${leader}) leads in`;
    throw new Error(`${who} ${where}. Nothing was written. Stop all masters of it first.`);
  } finally {
    clearTimeout(timer);
  }
}

/** What there is to be removed. Throws when it is to stay. */
async function clear(
  store: EtcdStore,
  where: string,
  options: { readonly replace: boolean; readonly stamp: string; readonly directory: string },
): Promise<{ readonly before: readonly StoredRow[]; readonly aside: string | undefined }> {
  if ((await kindsOf(store)).length === 0) return { before: [], aside: undefined };
  if (options.replace) await checkKinds(store, where, storedKinds);
  const before = await loadRows(store, [...storedKinds.keys()]);
  if (!options.replace) {
    throw new Error(
      `${where} there is a cluster already, with ${describeRows(before)}. Nothing was written. Give another prefix, or ` +
        "--replace to keep what is there as a backup and put this one in its place.",
    );
  }
  const aside = join(options.directory, `unum-replaced-${options.stamp}.backup`);
  await keep(store, before, aside);
  return { before, aside };
}

async function keep(store: EtcdStore, rows: readonly StoredRow[], file: string): Promise<void> {
  const row = rows.find(({ kind }) => kind === "cluster");
  const id = (row === undefined ? undefined : parseIdentity(row)?.id) ?? "unknown";
  const stream = createWriteStream(file, { mode: 0o600, flags: "wx", flush: true });
  const backup = createBackups(
    store,
    { release: productVersion(), cluster: { id, name: "" } },
    Date.now,
  ).start();
  const source = backup?.write({ write: (chunk) => stream.write(chunk), end: () => void stream.end() });
  stream.on("drain", () => source?.resume());
  await finished(stream);
  source?.closed();
  // What fails in the middle of making it is said in its last line, and nothing may be removed then.
  await readBackup(createReadStream(file), () => {}).catch((error: Error) => {
    throw new Error(`what is there could not be kept as ${file}: ${error.message}. Nothing was replaced.`);
  });
}
