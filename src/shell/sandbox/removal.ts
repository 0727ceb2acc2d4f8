/**
 * Sandboxes on their way out: moved aside at once, then deleted.
 *
 * Their place is free as soon as they are moved, so a task that uses an id again need not wait for a large
 * tree to be deleted, and gets nothing of what was in it. What a killed agent left half deleted goes at the
 * next start.
 */

import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export class SandboxRemoval {
  readonly #aside: string;
  readonly #moving = new Map<string, Promise<void>>();

  /** `aside`: a directory on the same file system, there only while something is in it. */
  constructor(aside: string) {
    this.#aside = aside;
  }

  /** Deletes what an earlier agent did not. */
  async open(): Promise<void> {
    await this.#delete(this.#aside);
  }

  /** Resolves when nothing of it is left, and also when there was nothing. */
  async remove(directory: string): Promise<void> {
    const target = join(this.#aside, randomUUID());
    const moved = this.settled(directory).then(() => this.#move(directory, target));
    this.#moving.set(directory, moved);
    await moved;
    if (this.#moving.get(directory) === moved) this.#moving.delete(directory);
    await this.#delete(target);
    // Not empty, or not there: others are on their way out, or other tasks of the framework still are.
    await rmdir(this.#aside).catch(() => undefined);
    await rmdir(dirname(directory)).catch(() => undefined);
  }

  /** Resolves when the place of every sandbox that was to be removed from here is free. */
  async settled(directory: string): Promise<void> {
    await this.#moving.get(directory);
  }

  async #move(directory: string, target: string): Promise<void> {
    // Twice, since the directory goes whenever it is seen empty.
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await mkdir(this.#aside, { recursive: true, mode: 0o700 }).catch(() => undefined);
      const error = await rename(directory, target).then(
        () => undefined,
        (cause: NodeJS.ErrnoException) => cause,
      );
      if (error === undefined) return;
      // Such as a sandbox on a file system of its own.
      if (error.code !== "ENOENT") return this.#delete(directory);
    }
  }

  async #delete(path: string): Promise<void> {
    try {
      await rm(path, { recursive: true, force: true });
    } catch {
      // A tree too deep for a path to name; this one goes from directory to directory.
      await run("rm", ["-rf", "--one-file-system", "--", path]).catch(() => undefined);
    }
  }
}
