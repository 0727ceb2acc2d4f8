/**
 * How old files that nobody needs any more may become: the fuller their disk, the younger they go.
 *
 * One rule for all that an agent keeps on the chance that somebody asks for it (sandboxes of what ended,
 * images and fetched files that nothing uses). It does not know what these are.
 */

export type HeadroomPolicy = {
  /** On a disk that is nearly empty. */
  readonly delayMs: number;
  /** The share of the disk that is to be free: with no more than that left nothing is kept. */
  readonly headroomShare: number;
};

/** As Mesos's agent has it. `usedShare`: of the disk, from 0 to 1. */
export const allowedAgeMs = ({ delayMs, headroomShare }: HeadroomPolicy, usedShare: number): number =>
  Math.round(delayMs * Math.max(0, 1 - headroomShare - usedShare));
