/**
 * A simulated agent's store: a table in memory, durable as soon as the batch is over.
 *
 * It lives as long as its process, so an agent of a fleet never comes back from it: each start is a new agent.
 */

import type { Store, StoredRow } from "#ports/store.ts";

export function createMemoryStore(): Store {
  const rows = new Map<string, StoredRow>();
  let revision = 0;
  return {
    load: (kinds, done) => {
      const found = [...rows.values()].filter(({ kind }) => kinds.includes(kind));
      setImmediate(() => done({ ok: true, rows: found }));
    },
    commit: (batch, done) => {
      for (const row of batch) {
        const key = `${row.kind}\0${row.id}`;
        if (row.value === undefined) rows.delete(key);
        else rows.set(key, row);
      }
      revision += 1;
      const outcome = { ok: true, revision } as const;
      setImmediate(() => done(outcome));
    },
  };
}
