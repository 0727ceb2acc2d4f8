/**
 * Files of the sandboxes, as an agent lets clients see them.
 *
 * Paths are virtual or real, and always below a sandbox: the implementation checks where a path really leads
 * after it opened it, for a task may put symbolic links anywhere at any time.
 */

import type { OpenFile } from "#ports/door.ts";

export type FileEntry = {
  /** In the terms in which it was asked for. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
  /** As `stat` gives it, type bits included. */
  readonly mode: number;
  readonly links: number;
  readonly user: string;
  readonly group: string;
};

export type FilesOutcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly code: "not-found" | "invalid" | "forbidden"; readonly message: string };

/** `offset` is where `data` begins; for an offset beyond the end it is the size, and `data` is empty. */
export type FilePart = { readonly offset: number; readonly data: Uint8Array };

export interface Files {
  browse(path: string, done: (outcome: FilesOutcome<readonly FileEntry[]>) => void): void;
  /** `offset` undefined asks for the size only; `lengthBytes` is at most `limits.fileReadBytesMax`. */
  read(
    path: string,
    offset: number | undefined,
    lengthBytes: number,
    done: (outcome: FilesOutcome<FilePart>) => void,
  ): void;
  open(path: string, done: (outcome: FilesOutcome<OpenFile>) => void): void;
  /** Virtual paths and where they lead. */
  attached(): Readonly<Record<string, string>>;
}
