/**
 * Looks at a store's file before anything is written to it: whether it is ours, of a format that we read, and whole.
 *
 * Reads only, so that what is damaged, or another's, stays byte for byte as it was found: whoever opens a database of
 * SQLite to write carries its log over into it, at the latest when it closes it.
 */

import { existsSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DamagedFile, hasSums, readRow, rowColumns } from "./table.ts";

/** Of the tables; the versions of values are a column. */
export const formatVersion = 1;
/** "Unum" in ASCII: marks the file as ours in SQLite's header. */
export const applicationId = 0x556e756d;
/** How long another process may still hold the file, for example one that is just ending. */
export const lockWaitMs = 5_000;

export const sqliteErrors = { busy: 5, corrupt: 11, cannotOpen: 14, notADatabase: 26 } as const;

/** Undefined: it is none of SQLite's. */
export const errorCodeOf = (error: unknown): number | undefined =>
  error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : undefined;

/** Already says all that the operator needs. */
export class UserFault extends Error {}

/** False: there is no file yet. Throws what is wrong with it. */
export function examineFile(path: string): boolean {
  if (!existsSync(path)) {
    const log = `${path}-wal`;
    if (!existsSync(log)) return false;
    throw new UserFault(
      `The store ${path} is missing, but its log ${log} is there. Nothing was changed. Put the file back, restore it ` +
        "from a backup, or move the log away to start with an empty cluster.",
    );
  }
  if (statSync(path).isFile() && statSync(path).size === 0) throw new DamagedFile("it is empty, of 0 bytes");
  const sides = [`${path}-shm`, `${path}-wal`].filter((side) => !existsSync(side));
  const database = new DatabaseSync(path, { readOnly: true, timeout: lockWaitMs });
  let isAnothers = false;
  try {
    examine(database, path);
  } catch (error) {
    isAnothers = errorCodeOf(error) === sqliteErrors.busy;
    throw error;
  } finally {
    // Made by our reading, and removed while nobody else can have the file to write; where another has it, they are its own.
    if (!isAnothers) for (const side of sides) rmSync(side, { force: true });
    database.close();
  }
  return true;
}

function examine(database: DatabaseSync, path: string): void {
  const found = readPragma(database, "user_version");
  if (readPragma(database, "application_id") !== applicationId) {
    throw new UserFault(
      `${path} is a database of another program. Nothing was changed. Give another directory.`,
    );
  }
  if (found > formatVersion) {
    throw new UserFault(
      `The store ${path} has format ${found}; this version of Unum reads up to format ${formatVersion}. ` +
        "Start the version that wrote it, or a newer one.",
    );
  }
  const verdict = database.prepare("PRAGMA integrity_check(1)").get()?.integrity_check;
  if (verdict !== "ok") {
    throw new DamagedFile(
      String(verdict)
        .replace(/^\*\*\* in database main \*\*\*\s*/, "")
        .replaceAll("\n", "; "),
    );
  }
  const revision = database.prepare("SELECT value FROM counters WHERE name = 'revision'").get()?.value;
  if (typeof revision !== "number") throw new DamagedFile("it has no count of its revisions");
  if (!hasSums(database)) return;
  for (const row of database.prepare(`SELECT ${rowColumns} FROM rows`).iterate()) readRow(row);
}

const readPragma = (database: DatabaseSync, name: string): number =>
  Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
