/**
 * Drawing from a seeded chance: what every generator of the fuzz makes its choices with.
 *
 * A request is drawn from its seed and its number alone, so that the same two give the same request.
 */

import { assert } from "#base/assert.ts";
import { type Chance, createChance } from "#base/random.ts";

export class Draw {
  readonly #chance: Chance;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  below(bound: number): number {
    return this.#chance.below(bound);
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.#chance.below(100) < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    assert(items.length > 0, "there is something to pick from");
    // An item may be null or undefined, and is one all the same.
    return items[this.#chance.below(items.length)] as Item;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#chance.below(256));
  }

  uuid(): string {
    return this.#chance.uuid();
  }
}

/** Neighbouring numbers have nothing in common. */
export const drawOf = (seed: number, number: number): Draw =>
  new Draw(createChance(seed * 0x1_0000_0000 + number));
