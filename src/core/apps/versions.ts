/**
 * Versions: instants in ISO 8601 with milliseconds, which sort as text in the order in which they were made.
 *
 * Invariant: a new version is later than every version that the state has ever held, even when the clock
 * stands still or was set back. Rooms have no `Date`, so the calendar is computed here.
 */

import { type VersionId, versionId } from "#model/ids.ts";

/** Older than every version that is ever made. */
export const noVersion = versionId("0000-01-01T00:00:00.000Z");

export function nextVersion(nowMs: number, latest: VersionId): VersionId {
  const now = formatInstant(nowMs);
  return versionId(now > latest ? now : formatInstant(parseInstant(latest) + 1));
}

const dayMs = 86_400_000;

/** `2026-11-22T10:37:35.042Z`; for times from the year 0 to 9999. */
export function formatInstant(atMs: number): string {
  const day = Math.floor(atMs / dayMs);
  const rest = Math.floor(atMs - day * dayMs);
  const { year, month, date } = civilFromDay(day);
  const hours = Math.floor(rest / 3_600_000);
  const minutes = Math.floor(rest / 60_000) % 60;
  const seconds = Math.floor(rest / 1_000) % 60;
  return (
    `${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}` +
    `T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(rest % 1_000, 3)}Z`
  );
}

/** The inverse of `formatInstant`. */
export function parseInstant(text: string): number {
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  const day = dayFromCivil(part(0, 4), part(5, 7), part(8, 10));
  const seconds = part(11, 13) * 3_600 + part(14, 16) * 60 + part(17, 19);
  return day * dayMs + seconds * 1_000 + part(20, 23);
}

const pad = (value: number, length: number): string => String(value).padStart(length, "0");

// A year that begins in March puts the leap day at its end, and the months' lengths on a straight line; 400
// years have 146,097 days. Day 0 is 1970-01-01, which is 719,468 days after 0000-03-01.

function civilFromDay(day: number): { year: number; month: number; date: number } {
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date };
}

function dayFromCivil(year: number, month: number, date: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const monthFromMarch = month > 2 ? month - 3 : month + 9;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + date - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
