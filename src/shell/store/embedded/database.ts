/**
 * The embedded store's file: one SQLite database, opened, read and written synchronously.
 *
 * Owns the schema and its version. Runs in the store's worker thread only, since every call here blocks on
 * the disk. It knows rows, not rooms: what a value means is upgraded by the room that reads it.
 */

import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { StoredRow } from "#ports/store.ts";
import { Reserve } from "./reserve.ts";

/** Of the tables here; the versions of values are a column. */
export const formatVersion = 1;
/** "Unum" in ASCII: marks the file as ours in SQLite's header. */
const applicationId = 0x556e756d;
/** How long another process may still hold the file, for example one that is just ending. */
const lockWaitMs = 5_000;
const walBytesMax = 64 * 1024 * 1024;

export type Database = {
  /** Rows of the kinds, in slices of at most `sliceRowsMax`. */
  load(kinds: readonly string[]): Generator<StoredRow[]>;
  /** One transaction for all batches, each under a revision of its own; returns the first of them. */
  commit(batches: readonly (readonly StoredRow[])[]): number;
  close(): void;
};

const sliceRowsMax = 2_000;

/** Throws an `Error` whose message is for the operator: what is wrong with which file, and what to do. */
export function openDatabase(path: string): Database {
  let database: DatabaseSync | undefined;
  try {
    keepPrivate(path);
    database = new DatabaseSync(path, { timeout: lockWaitMs });
    prepareFile(database, path);
    const reserve = new Reserve(database);
    reserve.keep(performance.now());
    return createDatabase(database, reserve);
  } catch (error) {
    database?.close();
    throw explain(error, path);
  }
}

/** Values hold users' environments. The files that SQLite puts beside the database get its mode. */
function keepPrivate(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch {
    // SQLite says what is wrong.
  }
}

function prepareFile(database: DatabaseSync, path: string): void {
  // Exclusive: a second process on the same file would have a state of its own and overwrite ours.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const found = readPragma(database, "user_version");
  const marked = readPragma(database, "application_id");
  if (found === 0 && marked === 0) {
    const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get();
    if (tables?.count !== 0) throw new UserFault(`${path} is a database of another program.`);
  } else if (marked !== applicationId) {
    throw new UserFault(`${path} is a database of another program.`);
  }
  if (found > formatVersion) {
    throw new UserFault(
      `The store ${path} has format ${found}; this version of Unum reads up to format ${formatVersion}. ` +
        "Start the version that wrote it, or a newer one.",
    );
  }
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec(`PRAGMA journal_size_limit = ${walBytesMax}`);
  if (found === 0) createTables(database);
  const verdict = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (verdict !== "ok") throw new DamagedFile(String(verdict));
}

function createTables(database: DatabaseSync): void {
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE rows (
      kind TEXT NOT NULL,
      id TEXT NOT NULL,
      version INTEGER NOT NULL,
      value TEXT NOT NULL,
      revision INTEGER NOT NULL,
      PRIMARY KEY (kind, id)
    ) STRICT;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
    INSERT INTO counters VALUES ('revision', 0);
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${formatVersion};
    COMMIT;
  `);
}

function createDatabase(database: DatabaseSync, reserve: Reserve): Database {
  const select = database.prepare("SELECT kind, id, version, value FROM rows WHERE kind = ?");
  const put = database.prepare(
    "INSERT INTO rows (kind, id, version, value, revision) VALUES (?, ?, ?, ?, ?) " +
      "ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, value = excluded.value, " +
      "revision = excluded.revision",
  );
  const remove = database.prepare("DELETE FROM rows WHERE kind = ? AND id = ?");
  const setRevision = database.prepare("UPDATE counters SET value = ? WHERE name = 'revision'");
  let revision = readRevision(database);

  return {
    load: (kinds) => loadSlices(select, kinds),
    commit: (batches) => {
      const first = revision + 1;
      let next = revision;
      const write = (): void => {
        next = revision;
        for (const rows of batches) {
          next += 1;
          for (const row of rows) {
            if (row.value === undefined) remove.run(row.kind, row.id);
            else put.run(row.kind, row.id, row.version, row.value, next);
          }
        }
        setRevision.run(next);
      };
      transact(database, write);
      reserve.keep(performance.now());
      revision = next;
      return first;
    },
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
      slice.push({
        kind: String(row.kind),
        id: String(row.id),
        version: Number(row.version),
        value: String(row.value),
      });
      if (slice.length >= sliceRowsMax) {
        yield slice;
        slice = [];
      }
    }
  }
  if (slice.length > 0) yield slice;
}

const readPragma = (database: DatabaseSync, name: string): number =>
  Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);

const readRevision = (database: DatabaseSync): number =>
  Number(database.prepare("SELECT value FROM counters WHERE name = 'revision'").get()?.value);

/** Already says all that the operator needs. */
class UserFault extends Error {}
class DamagedFile extends Error {}

const sqliteErrors = { busy: 5, corrupt: 11, cannotOpen: 14, notADatabase: 26 } as const;

function explain(error: unknown, path: string): Error {
  if (error instanceof UserFault) return error;
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;
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
