/**
 * The store: a table of rows by kind and id, behind one port with several engines (law 4).
 *
 * Callbacks instead of promises, so that the simulator runs the same loop without a microtask of its own.
 * Invariant: `commit` is atomic; batches become durable in the order in which they were handed over; after
 * a failed commit the store accepts nothing more, and the process that used it starts anew.
 */

export type StoredRow = {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  /** JSON; undefined deletes the row. */
  readonly value: string | undefined;
};

export type CommitOutcome =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly reason: string };

export interface Store {
  /** All rows of the kinds, in any order. Called once by each loop that shares the store, before its first commit. */
  load(kinds: readonly string[], done: (outcome: LoadOutcome) => void): void;
  commit(rows: readonly StoredRow[], done: (outcome: CommitOutcome) => void): void;
}

export type LoadOutcome =
  | { readonly ok: true; readonly rows: readonly StoredRow[] }
  | { readonly ok: false; readonly reason: string };
