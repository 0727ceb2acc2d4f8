/**
 * An operator's tarballs, unpacked once for as long as they stay the same.
 *
 * What is in one, a root file system or an image, is its reader's to find out; it gets the directory first.
 */

import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, mkdir, readdir, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { limits } from "#base/limits.ts";
import { Flights } from "./flights.ts";
import { ImageFault, wordsOf } from "./image-fault.ts";

const run = promisify(execFile);

/** Changes whenever the file does. */
export const identityOf = (path: string, { size, mtimeMs, ino }: Stats): string =>
  createHash("sha256").update(`${path}\n${size}\n${mtimeMs}\n${ino}`).digest("hex").slice(0, 32);

export type HeldDirectory = { readonly directory: string; readonly release: () => void };

export class Archives {
  readonly #root: string;
  readonly #usedDirectories: () => ReadonlySet<string>;
  readonly #flights = new Flights<void>();
  readonly #leases = new Map<string, number>();

  constructor(root: string, usedDirectories: () => ReadonlySet<string>) {
    this.#root = root;
    this.#usedDirectories = usedDirectories;
  }

  /** Removes what an earlier agent did not finish. */
  async open(): Promise<void> {
    await mkdir(this.#root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.#root)) {
      // Repeated: a tar of an agent that was killed may still be writing its last file.
      const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 20 };
      if (name.startsWith(".")) await rm(join(this.#root, name), options);
    }
  }

  async close(): Promise<void> {
    await this.#flights.abortAll(new Error("the agent ends"));
  }

  /** Where the tarball is unpacked; it stays at least until it is released. */
  async acquire(tarball: string, identity: string, signal: AbortSignal): Promise<HeldDirectory> {
    const directory = join(this.#root, identity);
    this.#leases.set(identity, (this.#leases.get(identity) ?? 0) + 1);
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      const left = (this.#leases.get(identity) ?? 1) - 1;
      if (left > 0) this.#leases.set(identity, left);
      else this.#leases.delete(identity);
    };
    try {
      await this.#flights.run(identity, signal, (shared) => this.#ensure(tarball, directory, shared));
      return { directory, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Forgets those that nobody used for so long. */
  async collect(unusedMs: number): Promise<void> {
    const times = new Map<string, number>();
    for (const name of await readdir(this.#root)) {
      const stats = await lstat(join(this.#root, name)).catch(() => undefined);
      if (stats !== undefined && !name.startsWith(".")) times.set(name, stats.mtimeMs);
    }
    // From here on nothing waits, so that no container can begin to use one in between.
    const used = this.#usedDirectories();
    const nowMs = Date.now();
    const works: Promise<void>[] = [];
    for (const [name, mtimeMs] of times) {
      const directory = join(this.#root, name);
      if (this.#leases.has(name)) continue;
      if (used.has(directory)) works.push(utimes(directory, new Date(nowMs), new Date(nowMs)));
      else if (nowMs - mtimeMs >= unusedMs) works.push(this.#remove(directory));
    }
    await Promise.all(works);
  }

  async #remove(directory: string): Promise<void> {
    const doomed = join(this.#root, `.${randomUUID()}`);
    await rename(directory, doomed);
    await rm(doomed, { recursive: true, force: true });
  }

  async #ensure(tarball: string, directory: string, signal: AbortSignal): Promise<void> {
    if ((await lstat(directory).catch(() => undefined))?.isDirectory() === true) {
      await utimes(directory, new Date(), new Date());
      return;
    }
    const temporary = join(this.#root, `.${randomUUID()}`);
    await mkdir(temporary, { mode: 0o755 });
    try {
      // Without -P, tar strips leading slashes, refuses "..", and makes links that lead out only at the end.
      const args = ["--extract", "--file", tarball, "--directory", temporary, "--numeric-owner"];
      await run("tar", [...args, "--same-owner", "--preserve-permissions"], {
        timeout: limits.imageUnpackTimeoutMs,
        killSignal: "SIGKILL",
        maxBuffer: 1024 * 1024,
        signal,
      });
      // Under its name it is believed: a crash of the machine must not leave half of it there.
      await run("sync", ["-f", temporary]);
      // Its age is that of its use, not that of what is in it.
      await utimes(temporary, new Date(), new Date());
      await rename(temporary, directory);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new ImageFault(`the image ${tarball} cannot be unpacked: ${lastLineOf(error)}`);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
}

function lastLineOf(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  const lines = (stderr || wordsOf(error)).trim().split("\n");
  return (lines.at(-1) ?? "").slice(0, 500);
}
