/**
 * Fetched files that are kept for whoever asks for the same, across starts of the agent.
 *
 * A file appears under its name only when it is whole, and is never written to afterwards. What goes when there is
 * too much is the ledger's to say; where files come from is not known here.
 */

import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Ledger } from "./ledger.ts";

export type HeldFile = { readonly file: string; readonly release: () => void };

export class ArtifactCache {
  readonly #directory: string;
  readonly #ledger: Ledger;

  constructor(directory: string, capacityBytes: number) {
    this.#directory = directory;
    this.#ledger = new Ledger(capacityBytes);
  }

  get totalBytes(): number {
    return this.#ledger.totalBytes;
  }

  /** Finds what an earlier agent kept; what is too much by now goes. */
  async open(): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const found: { readonly name: string; readonly sizeBytes: number; readonly usedAtMs: number }[] = [];
    for (const name of await readdir(this.#directory)) {
      const stats = await stat(join(this.#directory, name)).catch(() => undefined);
      if (stats?.isFile() === true && isKey(name))
        found.push({ name, sizeBytes: stats.size, usedAtMs: stats.mtimeMs });
      else await rm(join(this.#directory, name), { recursive: true, force: true });
    }
    for (const { name, sizeBytes, usedAtMs } of found.toSorted((a, b) => a.usedAtMs - b.usedAtMs))
      await this.#removeFiles(this.#ledger.admit(name, sizeBytes, usedAtMs) ?? [name]);
  }

  /** Stays at least until it is released. Undefined: it is not here. */
  async hold(key: string): Promise<HeldFile | undefined> {
    const nowMs = Date.now();
    if (!this.#ledger.lease(key, nowMs)) return undefined;
    const file = join(this.#directory, key);
    let isHeld = true;
    const release = (): void => {
      if (isHeld) this.#ledger.release(key);
      isHeld = false;
    };
    const stats = await stat(file).catch(() => undefined);
    if (stats?.size === this.#ledger.get(key)?.sizeBytes) {
      await utimes(file, nowMs / 1_000, nowMs / 1_000).catch(() => undefined);
      return { file, release };
    }
    // Somebody else had a hand in it.
    release();
    if (this.#ledger.get(key)?.leases === 0) this.#ledger.remove(key);
    return undefined;
  }

  /** What was not asked for in so long goes, unless it is in use. */
  async collect(unusedMs: number): Promise<void> {
    await this.#removeFiles(this.#ledger.removeUnusedSince(Date.now() - unusedMs));
  }

  /** Takes the file over; false, and leaves it where it is, when there is no room for it. */
  async keep(key: string, file: string, sizeBytes: number): Promise<boolean> {
    const doomed = this.#ledger.admit(key, sizeBytes, Date.now());
    if (doomed === undefined) return false;
    // Nobody may make it go before it is here.
    this.#ledger.lease(key, Date.now());
    try {
      await this.#removeFiles(doomed);
      await rename(file, join(this.#directory, key));
      this.#ledger.release(key);
      return true;
    } catch (error) {
      this.#ledger.remove(key);
      throw error;
    }
  }

  async #removeFiles(keys: readonly string[]): Promise<void> {
    for (const key of keys) await rm(join(this.#directory, key), { force: true });
  }
}

const isKey = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);
