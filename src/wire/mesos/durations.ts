/**
 * Durations as Mesos writes them in flags: the largest unit that leaves a whole number, as in `10mins`. Read is any
 * number of any unit.
 */

const units = [
  ["weeks", 604_800_000],
  ["days", 86_400_000],
  ["hrs", 3_600_000],
  ["mins", 60_000],
  ["secs", 1_000],
] as const;

export function formatDuration(durationMs: number): string {
  const unit = units.find(([, lengthMs]) => durationMs >= lengthMs && durationMs % lengthMs === 0);
  return unit === undefined ? `${durationMs}ms` : `${durationMs / unit[1]}${unit[0]}`;
}

/** Undefined: it is none. */
export function parseDuration(text: string): number | undefined {
  const [, amount, name] = /^(\d{1,9}(?:\.\d{1,9})?)(ms|[a-z]+)$/.exec(text) ?? [];
  const lengthMs = name === "ms" ? 1 : units.find(([unit]) => unit === name)?.[1];
  return lengthMs === undefined ? undefined : Number(amount) * lengthMs;
}
