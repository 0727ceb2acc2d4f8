/**
 * How long something took, again and again: the newest durations, and what they come to.
 */

import type { Durations } from "#wire/mesos/metrics.ts";

const kept = 1_000;

export class Stopwatch {
  readonly #newest: number[] = [];
  #count = 0;

  note(ms: number): void {
    this.#newest[this.#count % kept] = ms;
    this.#count += 1;
  }

  /** Undefined before the first one. */
  figures(): Durations | undefined {
    const last = this.#newest[(this.#count - 1) % kept];
    if (last === undefined) return undefined;
    const sorted = this.#newest.toSorted((left, right) => left - right);
    const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? last;
    return {
      last,
      count: this.#count,
      min: at(Number.MIN_VALUE),
      max: at(1),
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
    };
  }
}
