/**
 * Durations as Mesos writes them in flags: the largest unit that leaves a whole number, as in `10mins`.
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
