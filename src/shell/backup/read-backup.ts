/**
 * Reads a backup as it comes and holds it to its word: every line, the number of rows, the sum over all bytes.
 *
 * Whatever is wrong is a `BackupFault`; nothing of a backup counts before its end was seen.
 */

import { createHash } from "node:crypto";
import { limits } from "#base/limits.ts";
import {
  BackupFault,
  type BackupHead,
  type BackupRow,
  type BackupTail,
  parseBackupLine,
  parseHead,
} from "#wire/backup/backup-file.ts";

export type ReadBackup = {
  readonly head: BackupHead;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
};

const lineFeed = 0x0a;

/** Hands out each row. Resolves when all of it is whole and well. */
export async function readBackup(
  chunks: AsyncIterable<Uint8Array>,
  each: (row: BackupRow) => void,
): Promise<ReadBackup> {
  const reader = new Reader(each);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(lineFeed, from);
      if (end < 0) break;
      reader.line(bytes.subarray(from, end + 1));
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > limits.backupLineBytesMax)
      throw new BackupFault("it is no backup of Unum: a line has no end");
  }
  return reader.end(rest);
}

class Reader {
  readonly #each: (row: BackupRow) => void;
  readonly #hash = createHash("sha256");
  #head: BackupHead | undefined;
  #tail: (BackupTail & { readonly ok: true }) | undefined;
  #lines = 0;
  #rows = 0;
  #bytes = 0;

  constructor(each: (row: BackupRow) => void) {
    this.#each = each;
  }

  /** With its line feed. */
  line(bytes: Buffer): void {
    this.#lines += 1;
    this.#bytes += bytes.length;
    const text = bytes.toString();
    if (this.#head === undefined) this.#head = parseHead(text);
    else if (this.#tail !== undefined) throw new BackupFault("something follows after its end");
    else {
      const entry = parseBackupLine(text, this.#lines);
      if ("kind" in entry) {
        this.#rows += 1;
        if (this.#rows > limits.backupRowsMax)
          throw new BackupFault(`it has more than ${limits.backupRowsMax} rows`);
        this.#each(entry);
      } else if (entry.ok) return this.#close(entry);
      else throw new BackupFault(`it is not whole, for making it failed: ${entry.reason}`);
    }
    this.#hash.update(bytes);
  }

  #close(tail: BackupTail & { readonly ok: true }): void {
    if (this.#hash.digest("hex") !== tail.sha256)
      throw new BackupFault("it is damaged: its content is not that of its sum");
    if (this.#rows !== tail.rows)
      throw new BackupFault(`it is damaged: of ${tail.rows} rows it holds ${this.#rows}`);
    this.#tail = tail;
  }

  /** `rest`: what came after the last line feed. */
  end(rest: Buffer): ReadBackup {
    if (this.#head === undefined) {
      if (this.#bytes + rest.length === 0) throw new BackupFault("it is empty");
      this.#head = parseHead(rest.toString());
    }
    if (this.#tail === undefined || rest.length > 0) {
      throw new BackupFault(
        `it is cut short: it ends in line ${this.#lines + (rest.length > 0 ? 1 : 0)}, without its last line`,
      );
    }
    return { head: this.#head, rows: this.#rows, bytes: this.#bytes, sha256: this.#tail.sha256 };
  }
}
