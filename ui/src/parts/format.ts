/**
 * How the console writes amounts, shares, times and states: one way for each, everywhere.
 *
 * Amounts of memory and disk come in MiB, cpus in whole processors, times in ms since 1970.
 */

const digits = (value: number, most: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: most, useGrouping: true });

export const count = (value: number): string => digits(value, 0);

/** `1 task`, `12 tasks`. */
export const counted = (value: number, noun: string): string =>
  `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

export const cpus = (value: number): string => digits(value, value < 10 ? 2 : 1);

/** From MiB; never more than three digits before the unit. */
export function mebibytes(value: number): string {
  if (value < 1) return value === 0 ? "0" : `${digits(value * 1024, 0)} KiB`;
  if (value < 1000) return `${digits(value, value < 10 ? 1 : 0)} MiB`;
  if (value < 1000 * 1024) return `${digits(value / 1024, 1)} GiB`;
  return `${digits(value / 1024 / 1024, 1)} TiB`;
}

export const bytes = (value: number): string =>
  value < 1024 ? `${value} B` : mebibytes(value / 1024 / 1024);

export const percent = (part: number, whole: number): string =>
  whole <= 0 ? "–" : `${digits((100 * part) / whole, part / whole < 0.1 ? 1 : 0)} %`;

export const amountOf = (resource: string, value: number): string =>
  resource === "mem" || resource === "disk" ? mebibytes(value) : cpus(value);

const clockFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const wholeFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "long" });

export const clock = (ms: number): string => clockFormat.format(ms);
export const wholeTime = (ms: number): string => wholeFormat.format(ms);

/** The clock of today, day and clock of other days. */
export const moment = (ms: number): string =>
  Date.now() - ms < 20 * 3_600_000 ? clock(ms) : `${dayFormat.format(ms)} ${clock(ms).slice(0, 5)}`;

/** `4 s`, `3 min`, `5 h`, `12 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export type Tone = "good" | "wait" | "bad" | "idle";

const taskTones: Readonly<Record<string, Tone>> = {
  running: "good",
  staging: "wait",
  starting: "wait",
  killing: "wait",
  failed: "bad",
  lost: "bad",
  error: "bad",
  dropped: "bad",
  gone: "bad",
  unreachable: "bad",
};

export const taskTone = (state: string): Tone => taskTones[plainState(state)] ?? "idle";

/** `shop_web 5c1b9efa` for the long id of a service's instance; others as they are. */
export function shortTask(id: string): string {
  const found = /^(.+)\.(?:instance-)?([0-9a-f]{8})-[0-9a-f-]+\.(.*)$/.exec(id);
  return found === null ? id : `${found[1]} ${found[2]}`;
}

/** `TASK_GONE_BY_OPERATOR` is `gone by operator`. */
export const plainState = (state: string): string =>
  state
    .replace(/^TASK_/, "")
    .toLowerCase()
    .replaceAll("_", " ");
