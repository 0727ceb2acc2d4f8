/**
 * Deadlines by key: a heap that knows where each key stands, so that one can be moved or taken out.
 *
 * `decide` may look at what is due without changing anything; only `apply` sets and deletes.
 */

import { Heap } from "#base/heap.ts";

type Entry<Key> = { readonly key: Key; readonly atMs: number; readonly sequence: number };

export class Deadlines<Key> {
  readonly #entries: Entry<Key>[] = [];
  readonly #positions = new Map<Key, number>();
  #sequence = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest, if any. */
  get nextMs(): number | undefined {
    return this.#entries[0]?.atMs;
  }

  atMs(key: Key): number | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#entries[position]?.atMs;
  }

  /** How many there are up to `untilMs`. */
  count(untilMs: number): number {
    let count = 0;
    const open = [0];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const entry = this.#entries[at];
      if (entry === undefined || entry.atMs > untilMs) continue;
      count += 1;
      open.push(at * 2 + 1, at * 2 + 2);
    }
    return count;
  }

  /** Undefined takes the key out. */
  set(key: Key, atMs: number | undefined): void {
    const position = this.#positions.get(key);
    if (atMs === undefined) {
      if (position !== undefined) this.#remove(position);
      return;
    }
    if (position !== undefined && this.#entries[position]?.atMs === atMs) return;
    this.#sequence += 1;
    const entry = { key, atMs, sequence: this.#sequence };
    this.#settle(position ?? this.#entries.length, entry);
  }

  /** The earliest up to `untilMs`, in order, at most `count`. */
  first(count: number, untilMs = Number.POSITIVE_INFINITY): Key[] {
    const entries = this.#entries;
    const keys: Key[] = [];
    const frontier = new Heap<number>((left, right) =>
      isBefore(entries[left] as Entry<Key>, entries[right] as Entry<Key>),
    );
    if (entries.length > 0) frontier.push(0);
    while (keys.length < count) {
      const position = frontier.pop();
      const entry = position === undefined ? undefined : entries[position];
      if (position === undefined || entry === undefined || entry.atMs > untilMs) break;
      keys.push(entry.key);
      for (let child = position * 2 + 1; child <= position * 2 + 2; child += 1)
        if (child < entries.length) frontier.push(child);
    }
    return keys;
  }

  #remove(position: number): void {
    const removed = this.#entries[position] as Entry<Key>;
    const last = this.#entries.pop() as Entry<Key>;
    this.#positions.delete(removed.key);
    if (last !== removed) this.#settle(position, last);
  }

  /** Puts the entry at the hole `position` and moves it up or down to where it belongs. */
  #settle(position: number, entry: Entry<Key>): void {
    const entries = this.#entries;
    let hole = position;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(entry, entries[parent] as Entry<Key>)) break;
      this.#place(hole, entries[parent] as Entry<Key>);
      hole = parent;
    }
    for (;;) {
      let child = hole * 2 + 1;
      if (child >= entries.length) break;
      const right = child + 1;
      if (right < entries.length && isBefore(entries[right] as Entry<Key>, entries[child] as Entry<Key>))
        child = right;
      if (!isBefore(entries[child] as Entry<Key>, entry)) break;
      this.#place(hole, entries[child] as Entry<Key>);
      hole = child;
    }
    this.#place(hole, entry);
  }

  #place(position: number, entry: Entry<Key>): void {
    this.#entries[position] = entry;
    this.#positions.set(entry.key, position);
  }
}

const isBefore = <Key>(left: Entry<Key>, right: Entry<Key>): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.sequence < right.sequence);
