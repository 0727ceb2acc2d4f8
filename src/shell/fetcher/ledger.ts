/**
 * The accounts of the cache: what is in it, who uses it, and what has to go for something new.
 *
 * Pure: it moves no file. Invariants: what is kept is never more than the capacity; what is in use never goes; of
 * what may go, the longest unused goes first.
 */

export type LedgerEntry = { readonly sizeBytes: number; usedAtMs: number; leases: number };

export class Ledger {
  readonly #capacityBytes: number;
  /** The longest unused first. */
  readonly #entries = new Map<string, LedgerEntry>();
  #totalBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  get(key: string): Readonly<LedgerEntry> | undefined {
    return this.#entries.get(key);
  }

  /** Undefined, and nothing changes: there is no room for it. Else the keys that must go for it. */
  admit(key: string, sizeBytes: number, nowMs: number): readonly string[] | undefined {
    const old = this.#entries.get(key);
    if (old !== undefined && old.leases > 0) return undefined;
    const doomed: string[] = old === undefined ? [] : [key];
    let room = this.#capacityBytes - this.#totalBytes + (old?.sizeBytes ?? 0);
    for (const [other, entry] of this.#entries) {
      if (room >= sizeBytes) break;
      if (entry.leases > 0 || other === key) continue;
      doomed.push(other);
      room += entry.sizeBytes;
    }
    if (room < sizeBytes) return undefined;
    for (const one of doomed) this.remove(one);
    this.#entries.set(key, { sizeBytes, usedAtMs: nowMs, leases: 0 });
    this.#totalBytes += sizeBytes;
    return doomed.filter((one) => one !== key);
  }

  /** False: it is not there. */
  lease(key: string, nowMs: number): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    entry.leases += 1;
    entry.usedAtMs = nowMs;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return true;
  }

  release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.leases > 0) entry.leases -= 1;
  }

  /** Those that nobody holds, and that were asked for then or before; the keys that went. */
  removeUnusedSince(atMs: number): readonly string[] {
    const doomed: string[] = [];
    for (const [key, entry] of this.#entries)
      if (entry.leases === 0 && entry.usedAtMs <= atMs) doomed.push(key);
    for (const key of doomed) this.remove(key);
    return doomed;
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#totalBytes -= entry.sizeBytes;
  }
}
