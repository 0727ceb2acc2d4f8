/**
 * How a patch changes a view's value. Pure: what did not change keeps its identity, so that rows which stay
 * the same are not drawn again.
 */

import type { LivePatch } from "#console/live.ts";

type Value = Readonly<Record<string, unknown>>;

/** Of a tuple its first member is its key. */
function keyOf(row: unknown): string {
  if (Array.isArray(row)) return String(row[0]);
  return row !== null && typeof row === "object" && "key" in row ? String(row.key) : "";
}

export function applyPatch(value: unknown, { set, rows }: Pick<LivePatch, "set" | "rows">): unknown {
  if (value === null || typeof value !== "object") return value;
  const next: Record<string, unknown> = { ...(value as Value), ...set };
  if (rows !== undefined) next.rows = patchRows(Array.isArray(next.rows) ? next.rows : [], rows);
  return next;
}

function patchRows(
  old: readonly unknown[],
  { upsert, remove, order }: NonNullable<LivePatch["rows"]>,
): readonly unknown[] {
  const byKey = new Map(old.map((row) => [keyOf(row), row]));
  for (const key of remove) byKey.delete(key);
  for (const row of upsert) byKey.set(keyOf(row), row);
  if (order === undefined) return [...byKey.values()];
  return order.flatMap((key) => {
    const row = byKey.get(key);
    return row === undefined ? [] : [row];
  });
}

/** Events of a timeline that the page missed, put before what it has: both are newest first. */
export function withMissed(value: unknown, missed: readonly { readonly key: string }[]): unknown {
  if (value === null || typeof value !== "object" || !("rows" in value) || !Array.isArray(value.rows))
    return value;
  const known = new Set(value.rows.map(keyOf));
  const rows = [...missed.filter(({ key }) => !known.has(key)), ...value.rows];
  return { ...value, rows: rows.toSorted((left, right) => Number(keyOf(right)) - Number(keyOf(left))) };
}
