/**
 * Rows to and from their stored form: JSON with the version of their kind.
 *
 * A row of an older version is upgraded by its room; one of a newer version is refused, since reading it
 * wrongly could lose what a later release had written.
 */

import type { KindPolicy, Room, Row } from "#ports/room.ts";
import type { StoredRow } from "#ports/store.ts";

export const encodeRow = (record: Row, policy: KindPolicy): StoredRow => ({
  kind: record.kind,
  id: record.id,
  version: policy.version,
  value: record.value === undefined ? undefined : JSON.stringify(record.value),
});

/** Applies each row; returns what is wrong with the stored form, if anything is. */
export function applyStoredRows<State, Input, Record extends Row, Effect, Answer>(
  room: Room<State, Input, Record, Effect, Answer>,
  state: State,
  rows: readonly StoredRow[],
): string | undefined {
  for (const row of rows) {
    const policy: KindPolicy | undefined = room.kinds[row.kind as Record["kind"]];
    if (policy === undefined || row.value === undefined) continue;
    const label = `${row.kind} "${row.id}"`;
    if (row.version > policy.version) {
      return `${label} was written by a newer release (form ${row.version}, this one reads up to ${policy.version}): start that release`;
    }
    if (row.version < policy.version && policy.upgrade === undefined) {
      return `${label} has the form ${row.version}, which this release no longer reads: start the release before this one first`;
    }
    try {
      const parsed: unknown = JSON.parse(row.value);
      const value = row.version < policy.version ? policy.upgrade?.(parsed, row.version) : parsed;
      room.apply(state, { kind: row.kind, id: row.id, value } as Record);
    } catch (error) {
      // Nothing of ours wrote it so, and what else is not as it was nobody knows.
      return `${label} is damaged (${error instanceof Error ? error.message : error}): restore the store from a backup`;
    }
  }
  return undefined;
}
