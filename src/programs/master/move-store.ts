/**
 * Moves what a master kept in its file into a store that several share, so that a cluster of one machine can grow.
 *
 * All of it or nothing, and only into an empty store: what was moved once is never written over. The file stays, under
 * another name.
 */

import { existsSync, renameSync } from "node:fs";
import { appsKinds } from "#core/apps/records.ts";
import { masterKinds } from "#core/master/records.ts";
import type { Store, StoredRow } from "#ports/store.ts";
import type { Log } from "#shell/log/log.ts";
import { openEmbeddedStore } from "#shell/store/embedded/store.ts";

/** Harmless when there is no such file, or it was moved before. */
export async function moveStore(file: string, into: Store, log: Log): Promise<void> {
  if (!existsSync(file)) return;
  if ((await loadAll(into)).length === 0) {
    const from = openEmbeddedStore(file);
    try {
      const rows = await loadAll(from);
      if (rows.length > 0) await commitAll(into, rows);
      log.info("the master's file was moved into the store", { file, rows: rows.length });
    } finally {
      await from.close();
    }
  }
  renameSync(file, `${file}.moved`);
}

/** Of all rooms that a master's store serves. */
const kinds: readonly string[] = Object.entries({ ...masterKinds, ...appsKinds })
  .filter(([, { durability }]) => durability !== "memory")
  .map(([kind]) => kind);

const loadAll = (store: Store): Promise<readonly StoredRow[]> =>
  new Promise((resolve, reject) => {
    store.load(kinds, (outcome) => (outcome.ok ? resolve(outcome.rows) : reject(new Error(outcome.reason))));
  });

const commitAll = (store: Store, rows: readonly StoredRow[]): Promise<void> =>
  new Promise((resolve, reject) => {
    store.commit(rows, (outcome) => (outcome.ok ? resolve() : reject(new Error(outcome.reason))));
  });
