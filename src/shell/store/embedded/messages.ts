/**
 * What the embedded store's two threads say to each other. Messages are handled in the order in which they
 * are sent, in both directions.
 */

import type { CommitOutcome, StoredRow } from "#ports/store.ts";

export type WorkerRequest =
  | { readonly type: "load"; readonly kinds: readonly string[] }
  | { readonly type: "commit"; readonly rows: readonly StoredRow[] }
  | { readonly type: "close" };

export type WorkerAnswer =
  | { readonly type: "rows"; readonly rows: readonly StoredRow[] }
  | {
      readonly type: "loaded";
      readonly outcome: { readonly ok: true } | { readonly ok: false; readonly reason: string };
    }
  /** For the oldest commits that wait, in order. */
  | { readonly type: "committed"; readonly outcomes: readonly CommitOutcome[] }
  | { readonly type: "closed" };
