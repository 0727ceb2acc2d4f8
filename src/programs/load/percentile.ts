/**
 * Percentiles of what was measured: the smallest value that so many of all do not exceed.
 */

/** `share` in (0, 1]; undefined when nothing was measured. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

export type Spread = {
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
};

export const spreadOf = (values: readonly number[]): Spread => ({
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
});
