/**
 * A series over time in a fixed amount of memory: one value a slot, so many slots, the oldest overwritten.
 *
 * Slots are aligned to multiples of the step since 1970, so that series of one step can be laid side by side and
 * added up.
 */

import type { ConsoleSeries } from "#wire/unum/console/common.ts";

export class SlotRing {
  readonly stepMs: number;
  readonly #values: Float32Array;
  /** The newest slot; undefined: nothing was noted yet. */
  #newest: number | undefined;

  constructor(stepMs: number, size: number) {
    this.stepMs = stepMs;
    this.#values = new Float32Array(size).fill(Number.NaN);
  }

  /** Times before the newest slot are taken for it. */
  note(atMs: number, value: number): void {
    const size = this.#values.length;
    const slot = Math.max(Math.floor(atMs / this.stepMs), this.#newest ?? Number.NEGATIVE_INFINITY);
    if (this.#newest === undefined || slot - this.#newest >= size) this.#values.fill(Number.NaN);
    else for (let each = this.#newest + 1; each <= slot; each += 1) this.#values[each % size] = Number.NaN;
    this.#newest = slot;
    this.#values[slot % size] = value;
  }

  /** NaN: none. */
  at(slot: number): number {
    if (this.#newest === undefined || slot > this.#newest || slot <= this.#newest - this.#values.length)
      return Number.NaN;
    return this.#values[slot % this.#values.length] ?? Number.NaN;
  }

  /** When the newest value was noted; undefined: never. */
  get newestMs(): number | undefined {
    return this.#newest === undefined ? undefined : this.#newest * this.stepMs;
  }

  /** Up to the newest slot, without the empty beginning. */
  series(): ConsoleSeries {
    const { stepMs } = this;
    if (this.#newest === undefined) return { startMs: 0, stepMs, values: [] };
    const values: (number | null)[] = [];
    let first = this.#newest - this.#values.length + 1;
    while (first < this.#newest && Number.isNaN(this.at(first))) first += 1;
    for (let slot = first; slot <= this.#newest; slot += 1) {
      const value = this.at(slot);
      values.push(Number.isNaN(value) ? null : round(value));
    }
    return { startMs: first * stepMs, stepMs, values };
  }
}

/** Four digits are more than a picture shows. */
export const round = (value: number): number => (value === 0 ? 0 : Number(value.toPrecision(4)));
