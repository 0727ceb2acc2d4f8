/**
 * The format of a backup: lines of JSON, the first about the whole, then one for each row, the last with what proves it whole.
 *
 * Its version goes up when this changes; rows have versions of their own. The last line's sum is of all bytes before that
 * line. Whoever writes or reads the file does the adding up.
 */

import { limits } from "#base/limits.ts";

export const backupVersion = 1;
export const backupContentType = "application/x-unum-backup";
const formatName = "unum-backup";

export type BackupHead = {
  /** Which release wrote it. */
  readonly release: string;
  readonly cluster: { readonly id: string; readonly name: string };
  readonly createdAt: string;
  /** Of the store it is from: every batch up to it is in the backup, and none after. */
  readonly revision: number;
};

/** As stores have them; the value is JSON. */
export type BackupRow = {
  readonly kind: string;
  readonly id: string;
  readonly version: number;
  readonly value: string;
};

export type BackupTail =
  | { readonly ok: true; readonly rows: number; readonly sha256: string }
  /** Why it is not whole. */
  | { readonly ok: false; readonly reason: string };

export class BackupFault extends Error {
  override readonly name = "BackupFault";
}

export const formatHead = (head: BackupHead): string =>
  `${JSON.stringify({ format: formatName, version: backupVersion, ...head })}\n`;

export const formatRow = ({ kind, id, version, value }: BackupRow): string =>
  `${JSON.stringify({ kind, id, version }).slice(0, -1)},"value":${value}}\n`;

export const formatTail = (tail: BackupTail): string =>
  `${JSON.stringify(tail.ok ? { end: true, rows: tail.rows, sha256: tail.sha256 } : { end: false, reason: tail.reason })}\n`;

/** Of the first line. */
export function parseHead(line: string): BackupHead {
  const head = parseLine(line);
  if (head?.format !== formatName) throw new BackupFault("it is no backup of Unum");
  const { version, release, cluster, createdAt, revision } = head;
  if (version !== backupVersion) {
    throw new BackupFault(
      `it has the format ${version}, written by release ${release}; this one reads format ${backupVersion}`,
    );
  }
  const { id, name } = (cluster ?? {}) as Json;
  if (
    typeof release !== "string" ||
    typeof id !== "string" ||
    typeof name !== "string" ||
    typeof createdAt !== "string" ||
    typeof revision !== "number"
  )
    throw new BackupFault("its first line is damaged");
  return { release, cluster: { id, name }, createdAt, revision };
}

/** Of any other line: a row, or the end. `number`: which line it is, from 1. */
export function parseBackupLine(line: string, number: number): BackupRow | BackupTail {
  const entry = parseLine(line);
  if (entry?.end === true && typeof entry.rows === "number" && typeof entry.sha256 === "string")
    return { ok: true, rows: entry.rows, sha256: entry.sha256 };
  if (entry?.end === false) return { ok: false, reason: String(entry.reason) };
  const { kind, id, version, value } = entry ?? {};
  if (
    typeof kind !== "string" ||
    typeof id !== "string" ||
    typeof version !== "number" ||
    !Number.isInteger(version) ||
    value === undefined
  )
    throw new BackupFault(`line ${number} is damaged`);
  const text = JSON.stringify(value);
  if (text.length > limits.storeRowBytesMax)
    throw new BackupFault(`line ${number} holds a row larger than a store takes`);
  return { kind, id, version, value: text };
}

type Json = Readonly<Record<string, unknown>>;

function parseLine(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}
