/**
 * The store's calls as promises, for what happens before a room has the store to itself.
 */

import type { Store, StoredRow, WholeStore } from "#ports/store.ts";

type Outcome<Result> = ({ readonly ok: true } & Result) | { readonly ok: false; readonly reason: string };

const promised = <Result>(call: (done: (outcome: Outcome<Result>) => void) => void): Promise<Result> =>
  new Promise((resolve, reject) => {
    call((outcome) => (outcome.ok ? resolve(outcome) : reject(new Error(outcome.reason))));
  });

export const loadRows = async (store: Store, kinds: readonly string[]): Promise<readonly StoredRow[]> =>
  (await promised<{ readonly rows: readonly StoredRow[] }>((done) => store.load(kinds, done))).rows;

export const commitRows = async (store: Store, rows: readonly StoredRow[]): Promise<void> =>
  void (await promised<{ readonly revision: number }>((done) => store.commit(rows, done)));

export const kindsOf = async (store: WholeStore): Promise<readonly string[]> =>
  (await promised<{ readonly kinds: readonly string[] }>((done) => store.kinds(done))).kinds;
