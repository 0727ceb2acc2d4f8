/**
 * A clock that a test moves by hand. `settle` runs what is due now; `advance` moves time and runs what
 * falls due, in order. Never sleeps, never reads the real time.
 */

import { Heap } from "#base/heap.ts";
import type { Cancel, Clock } from "#ports/clock.ts";

type Entry = { readonly atMs: number; readonly order: number; run: (() => void) | undefined };

export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #entries = new Heap<Entry>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order));

  constructor(nowMs = 1_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Cancel {
    const entry: Entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#entries.push(entry);
    return () => {
      entry.run = undefined;
    };
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  settle(): void {
    this.advance(0);
  }

  advance(byMs: number): void {
    const untilMs = this.#nowMs + byMs;
    for (let entry = this.#entries.peek(); entry !== undefined && entry.atMs <= untilMs; ) {
      this.#entries.pop();
      this.#nowMs = Math.max(this.#nowMs, entry.atMs);
      entry.run?.();
      entry = this.#entries.peek();
    }
    this.#nowMs = untilMs;
  }
}
