/**
 * Which images go: those unused for too long, and, where the disk is nearly full, the longest unused first.
 *
 * A choice as a pure function; that none of them is in use is its caller's to see to.
 */

export type Candidate = {
  readonly digest: string;
  readonly usedAtMs: number;
  readonly names: readonly string[];
};

export type CollectOptions = {
  /** Those that no container used for so long. 0: all. */
  readonly unusedMs: number;
  /** Only one goes for this reason at a time, so that the room it makes is seen. */
  readonly isDiskFull: boolean;
  /** Names that stay, as they were asked for. */
  readonly keep: readonly string[];
};

export type Collected = { readonly images: readonly string[] };

export function chooseDoomed(
  candidates: readonly Candidate[],
  { unusedMs, isDiskFull, keep }: CollectOptions,
  nowMs: number,
): readonly string[] {
  const free = candidates
    .filter(({ names }) => !names.some((name) => keep.includes(name)))
    .toSorted((left, right) => left.usedAtMs - right.usedAtMs);
  const old = free.filter(({ usedAtMs }) => nowMs - usedAtMs >= unusedMs);
  const oldest = isDiskFull && old.length === 0 ? free.slice(0, 1) : [];
  return [...old, ...oldest].map(({ digest }) => digest);
}
