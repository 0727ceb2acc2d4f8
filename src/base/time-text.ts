/**
 * Times as text: ISO 8601 in UTC with milliseconds (`2026-11-22T10:45:00.000Z`), computed, not asked of a clock.
 *
 * Rooms have no `Date`; this is the calendar alone, by the usual arithmetic on days since 1970-01-01.
 */

const dayMs = 86_400_000;
const pad = (value: number, digits: number): string => String(value).padStart(digits, "0");

/** `timeMs` since the epoch, in the years 1970 to 9999. */
export function formatTime(timeMs: number): string {
  const whole = Math.floor(timeMs);
  const days = Math.floor(whole / dayMs);
  const ofDay = whole - days * dayMs;
  const { year, month, day } = civilOf(days);
  const hours = Math.floor(ofDay / 3_600_000);
  const minutes = Math.floor(ofDay / 60_000) % 60;
  const seconds = Math.floor(ofDay / 1_000) % 60;
  return (
    `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T` +
    `${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}.${pad(ofDay % 1_000, 3)}Z`
  );
}

/** Years are counted from 1 March, so that the leap day is the last one; 719468 days lie before 1970. */
function civilOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
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
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const form = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3})\d*)?Z$/;

/** Undefined for text of another form, and for times that no calendar has. */
export function parseTime(text: string): number | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const days = daysOf(year, month, day);
  const { month: backMonth, day: backDay } = civilOf(days);
  if (month < 1 || month > 12 || backMonth !== month || backDay !== day) return undefined;
  const milliseconds = Number((match[7] ?? "0").padEnd(3, "0"));
  return days * dayMs + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000 + milliseconds;
}

function daysOf(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
