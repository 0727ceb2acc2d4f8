/**
 * Moves what a master kept in its file into a store that several share, so that a cluster of one machine can grow.
 *
 * All of it or nothing, and only into an empty store: what was moved once is never written over. The file stays, under
 * another name.
 */

import { existsSync, renameSync } from "node:fs";
import type { Store } from "#ports/store.ts";
import type { Log } from "#shell/log/log.ts";
import { openEmbeddedStore } from "#shell/store/embedded/store.ts";
import { commitRows, loadRows } from "../store/calls.ts";
import { checkKinds } from "../store/check-kinds.ts";
import { storedKinds } from "./stored-kinds.ts";

/** Harmless when there is no such file, or it was moved before. */
export async function moveStore(file: string, into: Store, log: Log): Promise<void> {
  if (!existsSync(file)) return;
  if ((await loadRows(into, kinds)).length === 0) {
    const from = openEmbeddedStore(file);
    try {
      await checkKinds(from, `The store ${file}`, storedKinds);
      const rows = await loadRows(from, kinds);
      if (rows.length > 0) await commitRows(into, rows);
      log.info("the master's file was moved into the store", { file, rows: rows.length });
    } finally {
      await from.close();
    }
  }
  renameSync(file, `${file}.moved`);
}

const kinds = [...storedKinds.keys()];
