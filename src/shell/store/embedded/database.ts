/**
 * The embedded store's file: one SQLite database, opened, read and written synchronously.
 *
 * Owns the schema and its version. Runs in the store's worker thread only, since every call here blocks on
 * the disk. It knows rows, not rooms: what a value means is upgraded by the room that reads it.
 */

import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { StoredRow } from "#ports/store.ts";
import {
  applicationId,
  errorCodeOf,
  examineFile,
  formatVersion,
  lockWaitMs,
  sqliteErrors,
  UserFault,
} from "./examine.ts";
import { Reserve, reserveKind } from "./reserve.ts";
import { addSums, createTables, DamagedFile, readRow, rowColumns, sumOf } from "./table.ts";
import { TableSnapshot } from "./table-snapshot.ts";

const walBytesMax = 64 * 1024 * 1024;

export type Database = {
  /** Rows of the kinds, in slices of at most `sliceRowsMax`. */
  load(kinds: readonly string[]): Generator<StoredRow[]>;
  /** One transaction for all batches, each under a revision of its own; returns the first of them. */
  commit(batches: readonly (readonly StoredRow[])[]): number;
  /** Of all rows as they are now; it hears of what is written until it is dropped. */
  snapshot(): TableSnapshot;
  drop(snapshot: TableSnapshot): void;
  /** Of which there are rows. */
  kinds(): readonly string[];
  close(): void;
};

const sliceRowsMax = 2_000;

/** Throws an `Error` whose message is for the operator: what is wrong with which file, and what to do. */
export function openDatabase(path: string): Database {
  let database: DatabaseSync | undefined;
  try {
    if (!examineFile(path)) createFile(path);
    database = new DatabaseSync(path, { timeout: lockWaitMs });
    prepare(database);
    addSums(database);
    const reserve = new Reserve(database);
    reserve.keep(performance.now());
    return createDatabase(database, reserve);
  } catch (error) {
    database?.close();
    throw explain(error, path);
  }
}

/** Under another name first: where there is a file, it is whole. */
function createFile(path: string): void {
  const young = `${path}.new`;
  for (const rest of [young, `${young}-wal`, `${young}-shm`]) rmSync(rest, { force: true });
  keepPrivate(young);
  const database = new DatabaseSync(young, { timeout: lockWaitMs });
  try {
    prepare(database);
    createTables(database, applicationId, formatVersion);
  } finally {
    database.close();
  }
  renameSync(young, path);
}

/** Values hold users' environments. The files that SQLite puts beside the database get its mode. */
function keepPrivate(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch {
    // SQLite says what is wrong.
  }
}

function prepare(database: DatabaseSync): void {
  // Exclusive: a second process on the same file would have a state of its own and overwrite ours.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(`PRAGMA journal_size_limit = ${walBytesMax}`);
}

function createDatabase(database: DatabaseSync, reserve: Reserve): Database {
  const select = database.prepare(`SELECT ${rowColumns} FROM rows WHERE kind = ?`);
  const put = database.prepare(
    `INSERT INTO rows (${rowColumns}) VALUES (?, ?, ?, ?, ?, ?) ` +
      "ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, value = excluded.value, " +
      "revision = excluded.revision, sum = excluded.sum",
  );
  const remove = database.prepare("DELETE FROM rows WHERE kind = ? AND id = ?");
  const setRevision = database.prepare("UPDATE counters SET value = ? WHERE name = 'revision'");
  let revision = readRevision(database);
  const snapshots = new Set<TableSnapshot>();

  return {
    load: (kinds) => loadSlices(select, kinds),
    commit: (batches) => {
      const first = revision + 1;
      let next = revision;
      const write = (): void => {
        next = revision;
        for (const rows of batches) {
          next += 1;
          for (const snapshot of snapshots) snapshot.preserve(rows);
          for (const row of rows) {
            if (row.value === undefined) remove.run(row.kind, row.id);
            else put.run(row.kind, row.id, row.version, row.value, next, sumOf(row, next));
          }
        }
        setRevision.run(next);
      };
      transact(database, write);
      reserve.keep(performance.now());
      revision = next;
      return first;
    },
    snapshot: () => {
      const snapshot = new TableSnapshot(database, revision);
      snapshots.add(snapshot);
      return snapshot;
    },
    drop: (snapshot) => void snapshots.delete(snapshot),
    kinds: () =>
      database
        .prepare("SELECT DISTINCT kind FROM rows WHERE kind <> ?")
        .all(reserveKind)
        .map(({ kind }) => String(kind)),
    close: () => database.close(),
  };
}

function transact(database: DatabaseSync, write: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    write();
    database.exec("COMMIT");
  } catch (error) {
    // After some errors (a full disk) SQLite has rolled back by itself.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function* loadSlices(select: StatementSync, kinds: readonly string[]): Generator<StoredRow[]> {
  let slice: StoredRow[] = [];
  for (const kind of kinds) {
    for (const row of select.iterate(kind)) {
      slice.push(readRow(row));
      if (slice.length >= sliceRowsMax) {
        yield slice;
        slice = [];
      }
    }
  }
  if (slice.length > 0) yield slice;
}

const readRevision = (database: DatabaseSync): number =>
  Number(database.prepare("SELECT value FROM counters WHERE name = 'revision'").get()?.value);

function explain(error: unknown, path: string): Error {
  if (error instanceof UserFault) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = errorCodeOf(error);
  if (code === sqliteErrors.busy) {
    return new Error(`The store ${path} is in use by another process. Stop that one first.`);
  }
  if (code === sqliteErrors.corrupt || code === sqliteErrors.notADatabase || error instanceof DamagedFile) {
    return new Error(
      `The store ${path} is damaged (${text}). Nothing was changed. Restore it from a backup, ` +
        "or move the file away to start with an empty cluster.",
    );
  }
  if (code === sqliteErrors.cannotOpen) {
    return new Error(
      `The store ${path} cannot be opened (${text}). Check that its directory exists and is ours.`,
    );
  }
  return new Error(`The store ${path} cannot be opened: ${text}.`);
}
