/**
 * Versions: times in ISO 8601 with milliseconds, which sort as text in the order in which they were made.
 *
 * Invariant: a new version is later than every version that the state has ever held, even when the clock
 * stands still or was set back.
 */

import { present } from "#base/assert.ts";
import { formatTime, parseTime } from "#base/time-text.ts";
import { type VersionId, versionId } from "#model/ids.ts";

/** Older than every version that is ever made. */
export const noVersion = versionId("0000-01-01T00:00:00.000Z");

export function nextVersion(nowMs: number, latest: VersionId): VersionId {
  const now = formatTime(nowMs);
  if (now > latest) return versionId(now);
  const latestMs = present(parseTime(latest), `the version ${latest} was not made here`);
  return versionId(formatTime(latestMs + 1));
}
