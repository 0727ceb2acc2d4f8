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
  /**
   * For a store that another may take over. Runs at once while nobody else can have written since this one opened it, as far
   * as its own clock tells; else when that is sure again, and never when it is not. None: nobody else ever writes.
   */
  whenCertain?(run: () => void): void;
}

/** A store that can be looked at whole, while others go on to write to it. */
export interface WholeStore extends Store {
  /** All rows as they are at one moment, be their kinds known or not. Nobody waits for whoever reads them. */
  snapshot(): Snapshot;
  /** Of which kinds there are rows. */
  kinds(done: (outcome: KindsOutcome) => void): void;
}

export interface Snapshot {
  /** Asked for again when it was answered, until the last. */
  next(done: (outcome: SliceOutcome) => void): void;
  /** No more is wanted. */
  close(): void;
}

export type SliceOutcome =
  | {
      readonly ok: true;
      readonly rows: readonly StoredRow[];
      readonly isLast: boolean;
      /** The moment: every batch up to this revision is in it, and none after. */
      readonly revision: number;
    }
  | { readonly ok: false; readonly reason: string };

export type KindsOutcome =
  | { readonly ok: true; readonly kinds: readonly string[] }
  | { readonly ok: false; readonly reason: string };

export type LoadOutcome =
  | { readonly ok: true; readonly rows: readonly StoredRow[] }
  | { readonly ok: false; readonly reason: string };
