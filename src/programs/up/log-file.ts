/**
 * The log file of one child process: bounded, with one older file beside it.
 */

import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

const fileBytesMax = 10 * 1024 * 1024;

export class LogFile {
  readonly path: string;
  #file: number;
  #bytes: number;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, "a", 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  write(chunk: Buffer | string): void {
    const bytes = Buffer.from(chunk);
    // A full disk, or a directory that was taken away, must not end the cluster: what cannot be logged is lost.
    try {
      if (this.#bytes + bytes.length > fileBytesMax && this.#bytes > 0) this.#rotate();
      this.#bytes += writeSync(this.#file, bytes);
    } catch {}
  }

  /** What comes later is lost, and does not land in a file that was opened since. */
  close(): void {
    closeSync(this.#file);
    this.#file = -1;
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    const next = openSync(this.path, "a", 0o600);
    closeSync(this.#file);
    this.#file = next;
    this.#bytes = 0;
  }
}
