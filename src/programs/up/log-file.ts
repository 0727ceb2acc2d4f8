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
    if (this.#bytes + bytes.length > fileBytesMax && this.#bytes > 0) this.#rotate();
    // A full disk must not end the cluster: what cannot be logged is lost.
    try {
      this.#bytes += writeSync(this.#file, bytes);
    } catch {}
  }

  close(): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
  }
}
