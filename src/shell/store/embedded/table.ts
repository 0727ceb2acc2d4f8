/**
 * The embedded store's table: its columns, and the sum by which damage to a row is seen.
 *
 * A sum holds the revision at which it was made. A release that knows no sums leaves it as it is when it overwrites a
 * row, and so a sum of another revision says nothing. SQLite itself has no sums of what it keeps in its file.
 */

import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { crc32 } from "node:zlib";
import type { StoredRow } from "#ports/store.ts";

export const rowColumns = "kind, id, version, value, revision, sum";

export type RawRow = Readonly<Record<string, SQLOutputValue>>;

export class DamagedFile extends Error {}

export const sumOf = ({ kind, id, version, value }: StoredRow, revision: number): string =>
  `${revision}:${crc32(`${JSON.stringify([kind, id, version])}${value ?? ""}`)}`;

export function readRow(raw: RawRow): StoredRow {
  const row: StoredRow = {
    kind: String(raw.kind),
    id: String(raw.id),
    version: Number(raw.version),
    value: String(raw.value),
  };
  const [revision] = String(raw.sum ?? "").split(":");
  if (revision === String(raw.revision) && raw.sum !== sumOf(row, Number(raw.revision))) {
    throw new DamagedFile(`row ${row.kind} "${row.id}" is not what was written`);
  }
  return row;
}

export function createTables(database: DatabaseSync, applicationId: number, formatVersion: number): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE rows (
      kind TEXT NOT NULL,
      id TEXT NOT NULL,
      version INTEGER NOT NULL,
      value TEXT NOT NULL,
      revision INTEGER NOT NULL,
      sum TEXT,
      PRIMARY KEY (kind, id)
    ) STRICT;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO counters VALUES ('revision', 0);
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${formatVersion};
    COMMIT;
  `);
}

/** Earlier releases made it without sums, and go on to read and write it with them. */
export function addSums(database: DatabaseSync): void {
  if (!hasSums(database)) database.exec("ALTER TABLE rows ADD COLUMN sum TEXT");
}

export const hasSums = (database: DatabaseSync): boolean =>
  database.prepare("SELECT 1 FROM pragma_table_info('rows') WHERE name = 'sum'").get() !== undefined;
