/**
 * The embedded store: the `Store` port over one SQLite file, for a cluster with one master and for agents.
 *
 * The file is touched by a worker thread only, since SQLite is synchronous and a wait for the disk would stop
 * the loop. Invariant: once a commit failed, or the thread died, every later commit fails with the same reason.
 */

import { Worker } from "node:worker_threads";
import { assert, present } from "#base/assert.ts";
import { limits } from "#base/limits.ts";
import type { CommitOutcome, LoadOutcome, StoredRow, WholeStore } from "#ports/store.ts";
import type { WorkerAnswer, WorkerRequest } from "./messages.ts";
import { Readers } from "./readers.ts";

export type EmbeddedStore = WholeStore & {
  /** Waits for what was handed over, then closes the file. Nothing may be committed afterwards. */
  close(): Promise<void>;
};

/** The file is made if it is not there; its directory must be. Trouble with it is told by `load`. */
export function openEmbeddedStore(path: string): EmbeddedStore {
  // Flags of the process (an inspector, an evaluated program) are not the thread's business.
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: { path }, execArgv: [] });
  return connectStore(path, worker);
}

function connectStore(path: string, worker: Worker): EmbeddedStore {
  const commits: ((outcome: CommitOutcome) => void)[] = [];
  let loading: { readonly rows: StoredRow[]; readonly done: (outcome: LoadOutcome) => void } | undefined;
  let failure: string | undefined;
  const closed = Promise.withResolvers<void>();
  let closing = false;

  const post = (request: WorkerRequest): void => worker.postMessage(request);
  const readers = new Readers(post);

  /** Nothing answers any more: whoever waits is told, once. */
  const fail = (reason: string): void => {
    failure ??= `The store ${path}: ${reason}`;
    const outcome = { ok: false, reason: failure } as const;
    const waiting = loading;
    loading = undefined;
    waiting?.done(outcome);
    for (const done of commits.splice(0)) done(outcome);
    readers.fail(outcome);
    closed.resolve();
  };

  worker.on("message", (answer: WorkerAnswer) => {
    switch (answer.type) {
      case "rows":
        for (const row of answer.rows) present(loading, "rows come while loading").rows.push(row);
        return;
      case "loaded": {
        const { rows, done } = present(loading, "a load is answered once");
        loading = undefined;
        done(answer.outcome.ok ? { ok: true, rows } : answer.outcome);
        return;
      }
      case "committed":
        for (const outcome of answer.outcomes) present(commits.shift(), "a commit is answered once")(outcome);
        return;
      case "kinds":
      case "slice":
        return readers.answered(answer);
      case "closed":
        closed.resolve();
        return;
      default:
        answer satisfies never;
    }
  });
  worker.on("error", (error) =>
    fail(`its thread failed: ${error instanceof Error ? error.message : error}.`),
  );
  worker.on("exit", () => fail("its thread has ended."));

  return {
    load: (kinds, done) => {
      assert(loading === undefined && commits.length === 0, "load comes before the first commit");
      if (failure !== undefined) return void queueMicrotask(() => done({ ok: false, reason: failure ?? "" }));
      loading = { rows: [], done };
      post({ type: "load", kinds });
    },
    commit: (rows, done) => {
      assert(!closing, "nothing is committed after close");
      failure ??= excess(rows);
      if (failure !== undefined) return void queueMicrotask(() => done({ ok: false, reason: failure ?? "" }));
      commits.push(done);
      post({ type: "commit", rows });
    },
    kinds: readers.kinds,
    snapshot: readers.snapshot,
    close: () => {
      if (!closing) {
        closing = true;
        post({ type: "close" });
      }
      return closed.promise;
    },
  };
}

/** A batch over the store's bounds is our own bug (the doors' bounds lie below); it must not be half written. */
function excess(rows: readonly StoredRow[]): string | undefined {
  if (rows.length > limits.storeBatchRowsMax) {
    return `a batch of ${rows.length} rows is over the bound of ${limits.storeBatchRowsMax}`;
  }
  const large = rows.find((row) => row.value !== undefined && row.value.length > limits.storeRowBytesMax);
  if (large === undefined) return undefined;
  return `row ${large.kind} ${large.id} is over the bound of ${limits.storeRowBytesMax} bytes`;
}
