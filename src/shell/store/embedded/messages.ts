/**
 * What the embedded store's two threads say to each other. Messages are handled in the order in which they
 * are sent, in both directions.
 */

import type { CommitOutcome, KindsOutcome, SliceOutcome, StoredRow } from "#ports/store.ts";

export type WorkerRequest =
  | { readonly type: "load"; readonly kinds: readonly string[] }
  | { readonly type: "commit"; readonly rows: readonly StoredRow[] }
  | { readonly type: "kinds" }
  /** The number of a snapshot is new, or one of before. */
  | { readonly type: "next-slice"; readonly snapshot: number }
  | { readonly type: "drop-snapshot"; readonly snapshot: number }
  | { readonly type: "close" };

export type WorkerAnswer =
  | { readonly type: "rows"; readonly rows: readonly StoredRow[] }
  | {
      readonly type: "loaded";
      readonly outcome: { readonly ok: true } | { readonly ok: false; readonly reason: string };
    }
  /** For the oldest commits that wait, in order. */
  | { readonly type: "committed"; readonly outcomes: readonly CommitOutcome[] }
  | { readonly type: "kinds"; readonly outcome: KindsOutcome }
  | { readonly type: "slice"; readonly snapshot: number; readonly outcome: SliceOutcome }
  | { readonly type: "closed" };
