/**
 * Makes backups of a store that others go on to use: a snapshot, row by row as lines, with the sum of all at the end.
 *
 * It goes on as fast as its reader takes it; what fails in the middle is said in the last line, which then proves nothing.
 */

import { createHash } from "node:crypto";
import { limits } from "#base/limits.ts";
import type { Backup, Backups } from "#ports/backup.ts";
import type { FlowSink, FlowSource } from "#ports/door.ts";
import type { SliceOutcome, WholeStore } from "#ports/store.ts";
import {
  type BackupHead,
  backupContentType,
  formatHead,
  formatRow,
  formatTail,
} from "#wire/backup/backup-file.ts";

export type BackupFacts = Omit<BackupHead, "revision" | "createdAt">;

export function createBackups(store: WholeStore, facts: BackupFacts, nowMs: () => number): Backups {
  let underWay = 0;
  return {
    start: () => {
      if (underWay >= limits.backupsMax) return undefined;
      underWay += 1;
      return startBackup(store, { ...facts, createdAt: new Date(nowMs()).toISOString() }, () => {
        underWay -= 1;
      });
    },
  };
}

function startBackup(store: WholeStore, head: Omit<BackupHead, "revision">, done: () => void): Backup {
  return { contentType: backupContentType, cancel: done, write: (sink) => write(store, head, sink, done) };
}

function write(
  store: WholeStore,
  head: Omit<BackupHead, "revision">,
  sink: FlowSink,
  done: () => void,
): FlowSource {
  const snapshot = store.snapshot();
  const hash = createHash("sha256");
  let rows: number | undefined;
  let isOver = false;
  /** Called when the reader takes more. */
  let goOn: (() => void) | undefined;

  const send = (lines: readonly string[]): boolean => {
    const bytes = Buffer.from(lines.join(""));
    hash.update(bytes);
    return sink.write(bytes);
  };
  const end = (tail: string): void => {
    isOver = true;
    sink.write(Buffer.from(tail));
    sink.end();
  };
  const next = (): void => snapshot.next(taken);
  const taken = (outcome: SliceOutcome): void => {
    if (isOver) return;
    if (!outcome.ok) return end(formatTail(outcome));
    const lines = outcome.rows.map((row) => formatRow({ ...row, value: row.value ?? "null" }));
    if (rows === undefined) lines.unshift(formatHead({ ...head, revision: outcome.revision }));
    rows = (rows ?? 0) + outcome.rows.length;
    const isTaken = send(lines);
    if (outcome.isLast) return end(formatTail({ ok: true, rows, sha256: hash.digest("hex") }));
    if (isTaken) next();
    else goOn = next;
  };
  next();
  return {
    resume: () => {
      const waiting = goOn;
      goOn = undefined;
      waiting?.();
    },
    closed: () => {
      isOver = true;
      snapshot.close();
      done();
    },
  };
}
