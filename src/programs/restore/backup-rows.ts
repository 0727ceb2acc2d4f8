/**
 * A backup's rows, held against what this release reads: every kind must be known, and no form be newer.
 *
 * Also counts them for people. It reads; it writes nothing.
 */

import { createReadStream } from "node:fs";
import type { StoredRow } from "#ports/store.ts";
import { type ReadBackup, readBackup } from "#shell/backup/read-backup.ts";
import { BackupFault } from "#wire/backup/backup-file.ts";
import { parseIdentity } from "../master/identity.ts";
import { storedKinds } from "../master/stored-kinds.ts";

export type BackupContent = ReadBackup & { readonly all: readonly StoredRow[] };

/** Throws what is wrong with it, for people. */
export async function readBackupRows(file: string): Promise<BackupContent> {
  const all: StoredRow[] = [];
  const name = file === "-" ? "the backup on standard input" : `the backup ${file}`;
  try {
    const chunks = file === "-" ? process.stdin : createReadStream(file, { highWaterMark: 256 * 1024 });
    const read = await readBackup(chunks, (row) => all.push(row));
    for (const row of all) checkRow(row, read.head.release);
    if (!all.some(({ kind }) => kind === "cluster"))
      throw new BackupFault("it does not say of which cluster it is");
    return { ...read, all };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${name} cannot be restored: ${reason}. Nothing was written.`);
  }
}

function checkRow(row: StoredRow, release: string): void {
  const policy = storedKinds.get(row.kind);
  const label = `${row.kind} "${row.id}"`;
  if (policy === undefined)
    throw new BackupFault(
      `it holds ${label}, of a kind that this release does not know; release ${release} wrote it`,
    );
  if (row.version > policy.version) {
    throw new BackupFault(
      `${label} has the form ${row.version}, and this release reads up to ${policy.version}; release ${release} wrote it`,
    );
  }
  if (row.version < policy.version && policy.upgrade === undefined) {
    throw new BackupFault(
      `${label} has the form ${row.version}, which this release no longer reads; restore it with release ${release} first`,
    );
  }
  if (row.kind === "cluster" && parseIdentity(row) === undefined)
    throw new BackupFault(`${label} is damaged`);
}

/** `12 apps, 3 quotas`, for whatever there is most of. */
export function describeRows(rows: readonly Pick<StoredRow, "kind">[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of rows) if (kind !== "cluster") counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size === 0) return "nothing";
  return [...counts]
    .toSorted(([left, a], [right, b]) => b - a || (left < right ? -1 : 1))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}
