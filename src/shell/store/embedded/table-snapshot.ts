/**
 * All rows of the embedded store as they were at one moment, read in slices between which others write.
 *
 * Whoever writes says so first: what a row was is kept aside, unless it was read already. So nothing waits for the
 * reader, and memory holds what was overwritten meanwhile. Runs in the store's thread.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredRow } from "#ports/store.ts";
import { reserveKind } from "./reserve.ts";
import { type RawRow, readRow, rowColumns } from "./table.ts";

export type Slice = { readonly rows: readonly StoredRow[]; readonly isLast: boolean };

type Place = { readonly kind: Buffer; readonly id: Buffer };

/** Texts as SQLite orders them. */
const placeOf = ({ kind, id }: Pick<StoredRow, "kind" | "id">): Place => ({
  kind: Buffer.from(kind),
  id: Buffer.from(id),
});
const isAfter = (left: Place, right: Place): boolean =>
  (Buffer.compare(left.kind, right.kind) || Buffer.compare(left.id, right.id)) > 0;
const keyOf = ({ kind, id }: Pick<StoredRow, "kind" | "id">): string => JSON.stringify([kind, id]);

export class TableSnapshot {
  /** Of the last batch that is part of it. */
  readonly revision: number;
  readonly #select: StatementSync;
  readonly #selectOne: StatementSync;
  /** What rows were that were not read yet when they were written, and never more than there were. */
  readonly #before = new Map<string, StoredRow>();
  #last: { readonly kind: string; readonly id: string } | undefined;
  #lastPlace: Place | undefined;

  constructor(database: DatabaseSync, revision: number) {
    this.revision = revision;
    this.#select = database.prepare(
      `SELECT ${rowColumns} FROM rows WHERE (kind, id) > (?, ?) AND kind <> '${reserveKind}' ORDER BY kind, id`,
    );
    this.#selectOne = database.prepare(`SELECT ${rowColumns} FROM rows WHERE kind = ? AND id = ?`);
  }

  /** Called before the rows are written. */
  preserve(rows: readonly StoredRow[]): void {
    for (const row of rows) {
      const key = keyOf(row);
      if (this.#before.has(key)) continue;
      if (this.#lastPlace !== undefined && !isAfter(placeOf(row), this.#lastPlace)) continue;
      const found = this.#selectOne.get(row.kind, row.id);
      if (found !== undefined && !this.#isNewer(found)) this.#before.set(key, readRow(found));
    }
  }

  /** Ends at so many characters of values, with one row at least. */
  next(charactersMax: number): Slice {
    const rows: StoredRow[] = [];
    let characters = 0;
    for (const found of this.#select.iterate(this.#last?.kind ?? "", this.#last?.id ?? "")) {
      const row = readRow(found);
      this.#last = row;
      if (this.#isNewer(found) || this.#before.has(keyOf(row))) continue;
      rows.push(row);
      characters += (row.value?.length ?? 0) + row.id.length;
      if (characters >= charactersMax) {
        this.#lastPlace = placeOf(row);
        return { rows, isLast: false };
      }
    }
    // What was overwritten and removed comes last.
    for (const row of this.#before.values()) rows.push(row);
    this.#before.clear();
    return { rows, isLast: true };
  }

  /** Written after the moment. */
  #isNewer(found: RawRow): boolean {
    return Number(found.revision) > this.revision;
  }
}
