/**
 * Amounts for people: sizes, durations, ages.
 */

/** From MiB, as the cluster counts memory and disk. */
export function formatMib(mib: number): string {
  if (mib >= 1024 * 1024) return `${round(mib / 1024 / 1024)} TiB`;
  if (mib >= 1024) return `${round(mib / 1024)} GiB`;
  return `${round(mib)} MiB`;
}

export const formatNumber = (value: number): string => String(Math.round(value * 1000) / 1000);

/** `0.4 s`, `12 s`, `3 m 5 s`, `2 h 10 m`, `5 d 3 h`. */
export function formatDuration(ms: number): string {
  if (ms < 10_000) return `${round(Math.max(0, ms) / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return pair(seconds, 60, "m", 1, "s");
  if (seconds < 86_400) return pair(seconds, 3_600, "h", 60, "m");
  return pair(seconds, 86_400, "d", 3_600, "h");
}

/** `12 s ago` from a time stamp; empty for none. */
export function formatAge(timestamp: string | undefined, nowMs: number): string {
  const atMs = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  return Number.isNaN(atMs) ? "" : `${formatDuration(nowMs - atMs)} ago`;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

function pair(seconds: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % big) / small);
  return `${Math.floor(seconds / big)} ${bigName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}
