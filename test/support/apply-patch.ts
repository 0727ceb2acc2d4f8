/**
 * What a page does with a patch, for tests: the contract of `#wire/unum/console/live.ts`, in a few lines.
 */

type Patch = {
  readonly set?: Readonly<Record<string, unknown>>;
  readonly rows?: {
    readonly upsert: readonly unknown[];
    readonly remove: readonly string[];
    readonly order?: readonly string[];
  };
};

const keyOf = (row: unknown): string =>
  String(Array.isArray(row) ? row[0] : (row as { readonly key: string }).key);

export function applyPatch(value: unknown, patch: object): unknown {
  const { set = {}, rows } = patch as Patch;
  const next = { ...(value as Record<string, unknown>), ...set };
  if (rows === undefined) return next;
  const known = new Map((next.rows as readonly unknown[]).map((row) => [keyOf(row), row]));
  for (const key of rows.remove) known.delete(key);
  for (const row of rows.upsert) known.set(keyOf(row), row);
  const order = rows.order ?? [...known.keys()];
  return { ...next, rows: order.map((key) => known.get(key)) };
}
