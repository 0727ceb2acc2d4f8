/**
 * The one source of chance: a small, fast, seedable generator (sfc32), and ids drawn from it.
 *
 * Rooms receive a `Chance` as an argument, so the simulator replays every seed exactly. What is drawn from the
 * seed is no secret: whoever sees some of it can tell the rest. Programs therefore hand in a cryptographic
 * generator for `secret`; only where nothing is at stake is that seeded, too.
 */

export interface Chance {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  below(bound: number): number;
  /** A random UUID (version 4 in form). */
  uuid(): string;
  /** What nobody can guess: a token. */
  secret(): string;
}

export function createChance(seed: number, secret?: () => string): Chance {
  let a = 0x9e3779b9 | 0;
  let b = 0x243f6a88 | 0;
  let c = seed | 0;
  let counter = (Math.floor(seed / 0x1_0000_0000) | 0) + 1;

  const nextUint32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  // The first outputs still resemble the seed; a dozen rounds hide it.
  for (let round = 0; round < 12; round += 1) nextUint32();

  const next = (): number => nextUint32() / 0x1_0000_0000;
  const uuid = (): string => formatUuid([nextUint32(), nextUint32(), nextUint32(), nextUint32()]);
  return {
    next,
    below: (bound) => Math.floor(next() * bound),
    uuid,
    secret: secret ?? uuid,
  };
}

function formatUuid(words: readonly [number, number, number, number]): string {
  const hex = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
