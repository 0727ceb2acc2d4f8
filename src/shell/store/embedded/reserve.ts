/**
 * Room that the store keeps for itself, within its own files: what a process must still write when somebody else
 * has filled the disk (updates, acknowledgements, marks) is little, and finds its place there.
 *
 * A large row is written and deleted again: the log has grown by it, and is written over from its start
 * afterwards, and the database has as many free pages. Runs in the store's thread.
 */

import type { DatabaseSync } from "node:sqlite";
import { limits } from "#base/limits.ts";

export const reserveKind = "reserve";
/** No room loads it; one may be left of a process that died in between. */
const row = { kind: reserveKind, id: "self" } as const;

export class Reserve {
  readonly #database: DatabaseSync;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #isFirst = true;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Looks no more often than every so often. On a disk without the room there is no reserve, and no harm. */
  keep(nowMs: number): void {
    if (nowMs - this.#lookedAtMs < limits.storeReserveLookMs) return;
    this.#lookedAtMs = nowMs;
    try {
      // The log begins anew with each opening of the database.
      if (!this.#isFirst && this.#freeBytes() >= limits.storeReserveBytes / 2) return;
      this.#database
        .prepare("INSERT OR REPLACE INTO rows (kind, id, version, value, revision) VALUES (?, ?, 1, ?, 0)")
        .run(row.kind, row.id, "-".repeat(limits.storeReserveBytes));
      this.#isFirst = false;
    } catch {
      // Full already.
    }
    this.#empty();
  }

  #freeBytes(): number {
    const read = (name: string): number =>
      Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    return read("freelist_count") * read("page_size");
  }

  #empty(): void {
    try {
      this.#database.prepare("DELETE FROM rows WHERE kind = ? AND id = ?").run(row.kind, row.id);
      this.#database.exec("PRAGMA wal_checkpoint(PASSIVE)");
    } catch {
      // It is deleted the next time.
    }
  }
}
