/**
 * All rows in etcd as they were at one of its revisions, which etcd itself keeps readable while others write.
 *
 * The revision is one between two batches, so that no staged batch is in it half. It reads only.
 */

import type { SliceOutcome, Snapshot, StoredRow } from "#ports/store.ts";
import { Cells } from "./cells.ts";
import { EtcdError } from "./etcd-client.ts";
import type { Keys } from "./keys.ts";
import type { EtcdReader } from "./reader.ts";

/** `begin` resolves with the revision. */
export function snapshotEtcd(keys: Keys, reader: EtcdReader, begin: () => Promise<number>): Snapshot {
  let isClosed = false;
  let revision = 0;
  async function* read(): AsyncGenerator<readonly StoredRow[]> {
    revision = await begin();
    // Of its own: the writer's knows newer rows.
    const cells = new Cells(keys);
    for await (const page of reader.pages(keys.allRows, revision)) {
      const rows: StoredRow[] = [];
      for (const { key, value } of page) {
        const { kind, id } = keys.parseRow(key);
        rows.push(await cells.row(kind, id, value, (more) => reader.value(more, revision)));
      }
      yield rows;
    }
  }
  const pages = read();
  /** One ahead, to know the last. */
  let ahead: Promise<IteratorResult<readonly StoredRow[], void>> | undefined;
  const slice = async (): Promise<SliceOutcome> => {
    const { value: rows = [] } = await (ahead ?? pages.next());
    ahead = pages.next();
    return { ok: true, rows: rows ?? [], isLast: (await ahead).done === true, revision };
  };
  return {
    next: (done) => {
      slice()
        .catch((error: unknown): SliceOutcome => ({ ok: false, reason: reasonOf(error) }))
        .then((outcome) => {
          if (!isClosed) done(outcome);
        });
    },
    close: () => {
      isClosed = true;
      void pages.return(undefined);
    },
  };
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const isCompacted = error instanceof EtcdError && /compacted/.test(text);
  return isCompacted ? "etcd has compacted the revision that was being read; try again" : text;
}
